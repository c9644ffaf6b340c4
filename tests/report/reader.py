"""A page taken apart, for the tests of what stands on it."""

from html.parser import HTMLParser

VOID = {"meta", "img", "br", "col", "link", "input", "hr"}


class Page(HTMLParser):
    """The elements and words of a page, and a check that every element that is opened is closed in its turn."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self._open = [], [], []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def all(self, tag, look=None):
        """Return the attributes of every such element, or of those of a class."""
        found = [attrs for name, attrs in self.tags if name == tag]
        return found if look is None else [each for each in found if look in each.get("class", "").split()]

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    @property
    def sections(self):
        return [attrs["id"] for attrs in self.all("section")]
