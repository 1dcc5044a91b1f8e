"""The tests of Bookbridge."""
