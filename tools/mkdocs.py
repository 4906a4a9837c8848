"""On the site that mkdocs.yml makes of docs/, links to other files of the repository lead to where it is published."""

import posixpath
import re

UPWARDS = re.compile(r"\]\((\.\./[^)#]+)")


def on_page_markdown(markdown, page, config, files):
    directory = posixpath.join("docs", posixpath.dirname(page.file.src_uri))

    def published(link):
        path = posixpath.normpath(posixpath.join(directory, link[1]))
        return link[0] if path.startswith("docs/") else f"]({config.repo_url}/blob/main/{path}"

    return UPWARDS.sub(published, markdown)
