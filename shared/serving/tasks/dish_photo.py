"""The dish in an image of kind `dish`."""

from shared.events import ImageKind
from shared.serving.tasks.image import image_task

TASK = image_task("dish_photo", ImageKind.DISH)
