"""The digit in an image of kind `digit`."""

from shared.events import ImageKind
from shared.serving.tasks.image import image_task

TASK = image_task("digit", ImageKind.DIGIT)
