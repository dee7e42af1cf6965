"""Request Tracker 5 as the desk that people work in: tickets."""
