"""Every word of the report, in one TOML file for each language; ``onelayer.languages`` reads them."""
