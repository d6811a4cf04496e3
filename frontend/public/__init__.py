"""What a payer sees: the form, the checkout, the receipt. No sign-up, no session."""
