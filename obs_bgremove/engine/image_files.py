"""Reading one background picture. A pure function; called on the threads that read backgrounds, and by the tools.

png, jpg, webp, bmp and the first frame of gif, in any depth or colour mode; transparency is shown over black.
"""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image as Pillow
from PIL import ImageOps

from obs_bgremove.engine.arrays import Image
from obs_bgremove.shared.errors import UserError
from obs_bgremove.shared.language import tr

# 100 megapixels decode in about two seconds and 300 MB; more is refused before anything is decoded.
MAX_PIXELS = 100_000_000
# Pillow's own limit raises before the size is known; the check below says it better.
Pillow.MAX_IMAGE_PIXELS = None
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")


def read_picture(path: Path) -> Image:
    """The picture as (H, W, 3) uint8 BGR. Raises UserError, naming the file, when it is missing or not a picture."""
    remedy = tr("Choose another picture, or replace the file: it is picked up by itself.")
    try:
        with Pillow.open(path, formats=_FORMATS) as picture:
            width, height = picture.size
            if width * height > MAX_PIXELS:
                size = f"{width}×{height}"
                raise UserError(
                    tr(
                        "The picture {file} is too large ({size} px, at most 100 megapixels).",
                        file=path.name,
                        size=size,
                    ),
                    remedy,
                )
            picture.draft("RGB", (2 * 3840, 2 * 2160))  # JPEG: decodes a huge photo at a half or a quarter, much faster
            upright = ImageOps.exif_transpose(picture)
            if upright.mode.startswith("I"):  # 16-bit grey: convert() would clip instead of scaling
                grey = np.clip(np.asarray(upright, np.float32) / 257, 0, 255).astype(np.uint8)
                return cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR)
            if upright.has_transparency_data:
                rgba = upright.convert("RGBA")
                upright = Pillow.alpha_composite(Pillow.new("RGBA", rgba.size, (0, 0, 0, 255)), rgba)
            return cv2.cvtColor(np.asarray(upright.convert("RGB")), cv2.COLOR_RGB2BGR)
    except FileNotFoundError:
        raise UserError(tr("The picture {file} is not in its folder any more.", file=path.name), remedy) from None
    except UserError:
        raise
    # Damaged files make Pillow raise many kinds of exceptions (OSError, SyntaxError, struct.error, ValueError, ...).
    except Exception as error:
        raise UserError(
            tr("The picture {file} cannot be read: it is damaged or not a picture.", file=path.name), remedy
        ) from error
