"""A local stand-in for an approved platform: the Flow Service of AFNOR XP Z12-013 on a socket of this machine."""
