"""What the tests share: starters of real counterparts and builders of input."""
