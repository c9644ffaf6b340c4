"""Every word of a summary, in one TOML file for each language; ``onelayer.languages`` reads them."""
