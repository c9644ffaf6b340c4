"""The words around the prose of a page, in one TOML file for each language; ``onelayer.languages`` reads them."""
