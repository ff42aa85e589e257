"""Size classes of vehicles."""

from __future__ import annotations

# In the order of the network's answers and of numbers in tracks.
SIZES = ("motorcycle", "car", "heavy")
HEAVY = SIZES[2]
UNKNOWN_SIZE = -1
# Of the kinds that are rendered: vans are counted with cars, lorries and buses are heavy.
OF_KIND = {"motorcycle": 0, "car": 1, "van": 1, "truck": 2, "bus": 2}
# Of the classes of COCO: bicycle (counted with motorcycles), car, motorcycle, bus, truck.
OF_COCO = {1: 0, 2: 1, 3: 0, 5: 2, 7: 2}
