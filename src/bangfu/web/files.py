"""Files of the house sent to a browser: shown in its window where that is safe, otherwise offered for saving."""

from typing import BinaryIO

from django.http import FileResponse, HttpResponseBase

# What a browser may show in its window; everything else is offered for saving.
SHOWN_INLINE = frozenset({"image/jpeg", "image/png", "image/webp", "image/gif", "application/pdf"})


def as_file(stream: BinaryIO, media_type: str, title: str, *, save: bool = False) -> HttpResponseBase:
    """The file, with the type found by its content when it was taken in; never sniffed by the browser."""
    extension = media_type.rpartition("/")[2].replace("jpeg", "jpg")
    answer = FileResponse(
        stream,
        content_type=media_type,
        as_attachment=save or media_type not in SHOWN_INLINE,
        filename=title if "." in title[-6:] else f"{title}.{extension}",
    )
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; sandbox"
    return answer
