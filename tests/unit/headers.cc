// Owns the precompiled headers of the unit tests (scripts/cmake/rooms.cmake).
