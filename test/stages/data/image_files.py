"""Writes images in many forms with Pillow, and what Pillow reads, resizes and crops of them. Argument: a folder."""
import json
import random
import sys

from PIL import Image, ImageDraw

folder = sys.argv[1]
random.seed(0)


def picture(columns, rows):
    """Edges, gradients and noise."""
    image = Image.new("RGB", (columns, rows))
    image.putdata([((7 * x) % 256, (5 * y + 3 * x) % 256, random.randrange(256)) for y in range(rows) for x in range(columns)])
    draw = ImageDraw.Draw(image)
    draw.ellipse((columns // 5, rows // 5, columns // 2, rows // 2), fill=(250, 30, 10))
    draw.line((0, rows, columns, 0), fill=(255, 255, 255), width=2)
    return image


image = picture(61, 47)
soft = image.resize((30, 24), Image.BICUBIC).resize((61, 47), Image.BICUBIC)
alpha = image.copy()
alpha.putalpha(Image.linear_gradient("L").resize(image.size))
forms = {
    "rgb.png": (image, {}), "rgba.png": (alpha, {}), "grey.png": (image.convert("L"), {}), "grey-alpha.png": (alpha.convert("LA"), {}),
    "palette.png": (image.convert("P", palette=Image.ADAPTIVE, colors=17), {}), "bits.png": (image.convert("1"), {}),
    "420.jpg": (soft, {"quality": 90, "subsampling": 2}), "444.jpeg": (image, {"quality": 75, "subsampling": 0}),
    "progressive.jpg": (soft, {"quality": 85, "progressive": True}), "grey.jpg": (soft.convert("L"), {"quality": 80}),
    "lossless.webp": (image, {"lossless": True}), "lossy.webp": (soft, {"quality": 80}), "alpha.webp": (alpha, {"lossless": True}),
}
expected = {}
for name, (content, options) in forms.items():
    content.save(f"{folder}/{name}", **options)
    read = Image.open(f"{folder}/{name}")
    expected[name] = {"rgb": list(read.convert("RGB").tobytes()), "grey": list(read.convert("RGB").convert("L").tobytes())}
filters = {"bilinear": Image.BILINEAR, "bicubic": Image.BICUBIC}
sizes = [(20, 26), (47, 30), (9, 61), (100, 130), (1, 1), (48, 7)]
resized = [
    {"size": [rows, columns], "filter": name, "pixels": list(image.resize((columns, rows), method).tobytes())}
    for name, method in filters.items() for rows, columns in sizes
]
json.dump({"forms": expected, "original": list(image.tobytes()), "resized": resized}, open(f"{folder}/expected.json", "w"))
