"""What is measured, against whom, and how. Nothing else imports this package."""
