"""Colours that tests know each other by, in BGR."""

ROOM_BGR = (203, 7, 251)  # only the camera shows it: where it is seen, the room is seen
GREEN_BGR = (64, 177, 0)  # the colour background as it is by default
