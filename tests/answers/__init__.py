"""Right and wrong answers to each lesson's exercises, as different people write them."""
