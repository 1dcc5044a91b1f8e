"""Documents as PDF and HTML: real bytes that open, with texts of any script as far as the fonts here reach.

FACTS 4.1: ``application/pdf;charset=UTF-8`` and ``Content-Disposition: attachment; filename="INV-000001.pdf"``.
"""

from functools import cache
from html import escape
from io import BytesIO
from pathlib import Path

from bookbridge.sandbox.books.values import Record, flag_of
from bookbridge.sandbox.call import Call, Reply

FONTS = (
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    Path("/usr/share/fonts/TTF/DejaVuSans.ttf"),
    Path("/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf"),
    Path("/Library/Fonts/DejaVuSans.ttf"),
)
PDF = "application/pdf;charset=UTF-8"
HTML = "text/html;charset=UTF-8"
ACCEPTED = {"application/pdf": "pdf", "text/html": "html", "application/json": "json"}


def wanted_form(call: Call) -> str:
    """``json``, ``pdf`` or ``html`` by the ``accept`` parameter, else the ``Accept`` header."""
    asked = call.query.get("accept", "").lower()
    if asked in ("pdf", "html", "json"):
        return asked
    if flag_of(call.query.get("print", "")):
        return "pdf"
    first = call.headers.get("accept", "").split(",")[0].split(";")[0].strip().lower()
    return "json" if first == "text/html" and "," in call.headers.get("accept", "") else ACCEPTED.get(first, "json")


def rendered(call: Call, document: Record) -> Reply | None:
    """The document as PDF or HTML when the caller asked for it, else None."""
    form = wanted_form(call)
    if form == "pdf":
        return attachment(call, pages(call, [document]), f"{file_stem(document)}.pdf")
    if form == "html":
        return Reply(_html(call, document), content_type=HTML)
    return None


def file_stem(document: Record) -> str:
    """The number as a file name."""
    number = str(document.get("invoice_number") or document.get("creditnote_number"))
    return "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in number)


def attachment(call: Call, data: bytes, name: str) -> Reply:
    """A PDF answer; ``print=true`` shows it inline."""
    place = "inline" if flag_of(call.query.get("print", "")) else "attachment"
    headers = {"Content-Disposition": f'{place}; filename="{name}"'}
    return Reply(data, headers=headers, content_type=PDF)


def _table(call: Call, document: Record) -> tuple[list[str], list[list[str]], list[tuple[str, str]]]:
    """Head lines, rows of items and figures of a document, as texts."""
    contact = call.org.table("contacts").get(document["customer_id"], {})
    currency = call.org.table("currencies")[document["currency_id"]]
    symbol, places = currency["currency_code"], currency["price_precision"]
    number = document.get("invoice_number") or document.get("creditnote_number")
    head = [
        str(call.org.info["name"]),
        f"{'Invoice' if document.get('invoice_number') else 'Credit Note'} {number}",
        f"Bill to: {contact.get('contact_name', '')}",
        f"Date: {document['date']}   Due: {document.get('due_date', '')}   Ref: {document['reference_number']}",
    ]
    items = [
        [line["name"] or line["description"], f"{line['quantity']:f}", f"{line['rate']:f}",
         f"{line['item_total']:,.{places}f}"]
        for line in document["_lines"]
    ]  # fmt: skip
    figures = [("Sub Total", document["sub_total"]), ("Discount", -document["discount_total"])]
    figures += [(row["tax_name"], row["tax_amount"]) for row in document["_taxes"]]
    figures += [("Shipping", document["shipping_charge"]), ("Adjustment", document["adjustment"])]
    shown = [(name, f"{amount:,.{places}f}") for name, amount in figures if amount or name == "Sub Total"]
    return head, items, [*shown, ("Total", f"{symbol} {document['total']:,.{places}f}")]


@cache
def _font() -> str:
    """The name of a registered font with many scripts, else the built-in Latin one."""
    from reportlab.pdfbase import pdfmetrics  # late: importing it costs a start of the sandbox
    from reportlab.pdfbase.ttfonts import TTFont

    for path in FONTS:
        if path.is_file():
            pdfmetrics.registerFont(TTFont("Sandbox", str(path)))
            return "Sandbox"
    return "Helvetica"


def _drawable(text: str, font: str) -> str:
    """``text`` as the font can draw it: without a wide font, letters outside Latin-1 become question marks."""
    return text if font == "Sandbox" else text.encode("latin-1", "replace").decode("latin-1")


def pages(call: Call, documents: list[Record]) -> bytes:
    """The documents as one PDF, a page each (longer ones go on)."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    font = _font()
    stream = BytesIO()
    canvas = Canvas(stream, pagesize=A4, pageCompression=1, invariant=1)
    canvas.setTitle(", ".join(file_stem(document) for document in documents))
    for document in documents:
        _draw(call, canvas, document, font)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def _draw(call: Call, canvas: object, document: Record, font: str) -> None:
    head, items, figures = _table(call, document)
    rows = [[one] for one in head] + [[""], ["Item", "Quantity", "Rate", "Amount"], *items, [""]]
    rows += [["", "", name, value] for name, value in figures]
    rows += [[""], [document.get("notes", "")], [document.get("terms", "")]]
    height = 800
    for row in rows:
        if height < 60:
            canvas.showPage()  # type: ignore[attr-defined]
            height = 800
        canvas.setFont(font, 10)  # type: ignore[attr-defined]
        for place, cell in zip((40, 330, 400, 490), row, strict=False):
            canvas.drawString(place, height, _drawable(str(cell)[:90], font))  # type: ignore[attr-defined]
        height -= 16


def _html(call: Call, document: Record) -> bytes:
    head, items, figures = _table(call, document)
    body = "".join(f"<p>{escape(one)}</p>" for one in head)
    lines = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in items)
    sums = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in figures)
    page = f"<!doctype html><title>{escape(head[1])}</title>{body}<table>{lines}</table><table>{sums}</table>"
    return page.encode()
