"""A bar chart in SVG: one group for each phase, one bar for each reflector, log scale."""

import math
from xml.sax.saxutils import escape

COLOURS = {"mynahd": "#c0392b", "bird": "#2c6fbb", "bird3": "#7fb0e0", "frr": "#3a8f3a",
           "openbgpd": "#b8860b", "gobgpd": "#6b4fa0", "null": "#999999"}
LEFT, TOP, BAR, GAP, WIDTH = 230, 46, 15, 14, 560


def scale(values):
    low = math.floor(math.log10(min(values)))
    high = math.ceil(math.log10(max(values)))
    return low, max(high, low + 1)


def chart(title, unit, rows):
    """rows: [(label, [(reflector, value)])]; values not positive are shown as the least."""
    values = [v for _, bars in rows for _, v in bars if v > 0] or [1]
    low, high = scale(values)
    height = TOP + sum(len(bars) * BAR + GAP for _, bars in rows) + 30
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 90}" '
           f'height="{height}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="10" y="20" font-size="15">{escape(title)}</text>']
    for decade in range(low, high + 1):
        x = LEFT + WIDTH * (decade - low) / (high - low)
        out.append(f'<line x1="{x:.0f}" y1="{TOP - 6}" x2="{x:.0f}" y2="{height - 24}" '
                   'stroke="#ddd"/>')
        out.append(f'<text x="{x:.0f}" y="{height - 8}" text-anchor="middle">'
                   f'{10.0 ** decade:g} {escape(unit)}</text>')
    y = TOP
    for label, bars in rows:
        out.append(f'<text x="10" y="{y + len(bars) * BAR / 2 + 4:.0f}">{escape(label)}</text>')
        for name, value in bars:
            part = math.log10(max(value, 10.0 ** low)) - low
            width = max(1.0, WIDTH * part / (high - low))
            out.append(f'<rect x="{LEFT}" y="{y}" width="{width:.0f}" height="{BAR - 3}" '
                       f'fill="{COLOURS.get(name, "#444")}"/>')
            out.append(f'<text x="{LEFT - 6}" y="{y + 10}" text-anchor="end" font-size="11">'
                       f'{escape(name)}</text>')
            out.append(f'<text x="{LEFT + width + 5:.0f}" y="{y + 10}" font-size="11">'
                       f'{value:.3g}</text>')
            y += BAR
        y += GAP
    return "\n".join(out + ["</svg>", ""])
