"""How dates stand on pages, where Django's own way for a language could be misread."""
