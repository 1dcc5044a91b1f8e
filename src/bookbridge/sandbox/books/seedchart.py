"""What a new organization starts with: chart of accounts (FACTS 5.7), currencies (FACTS 5.9), key fields.

The exchange rates are invented but fixed, in US dollars per unit; an organization's own rates derive from them.
"""

from decimal import Decimal

ACCOUNTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("other_current_asset", ("Advance Tax", "Prepaid Expenses", "Employee Advance")),
    ("cash", ("Petty Cash", "Undeposited Funds")),
    ("accounts_receivable", ("Accounts Receivable",)),
    ("accounts_payable", ("Accounts Payable",)),
    ("stock", ("Inventory Asset",)),
    ("fixed_asset", ("Furniture and Equipment",)),
    (
        "other_current_liability",
        ("Tax Payable", "Employee Reimbursements", "Unearned Revenue", "Opening Balance Adjustments"),
    ),
    ("other_liability", ("Dimension Adjustments",)),
    ("equity", ("Opening Balance Offset", "Retained Earnings", "Drawings", "Owner's Equity")),
    (
        "income",
        (
            "Sales", "General Income", "Interest Income", "Late Fee Income", "Shipping Charge", "Discount",
            "Other Charges",
        ),
    ),
    (
        "expense",
        (
            "Credit Card Charges", "Purchase Discounts", "Uncategorized", "Office Supplies",
            "Advertising And Marketing", "Lodging", "Bank Fees and Charges", "Printing and Stationery",
            "Travel Expense", "Telephone Expense", "Automobile Expense", "IT and Internet Expenses", "Rent Expense",
            "Janitorial Expense", "Postage", "Bad Debt", "Other Expenses", "Salaries and Employee Wages",
            "Meals and Entertainment", "Depreciation Expense", "Consultant Expense", "Repairs and Maintenance",
        ),
    ),
    ("cost_of_goods_sold", ("Cost of Goods Sold",)),
    ("other_expense", ("Exchange Gain or Loss",)),
    ("bank", ("Business Checking",)),
)  # fmt: skip

# Accounts without which Zoho's own postings would have no place; they cannot be deleted.
SYSTEM_ACCOUNTS = frozenset({
    "Accounts Receivable", "Accounts Payable", "Inventory Asset", "Tax Payable", "Opening Balance Adjustments",
    "Opening Balance Offset", "Retained Earnings", "Undeposited Funds", "Petty Cash", "Unearned Revenue",
    "Dimension Adjustments", "Exchange Gain or Loss", "Sales", "Cost of Goods Sold", "Prepaid Expenses",
    "Employee Reimbursements", "Advance Tax", "Bad Debt",
})  # fmt: skip
PLACEHOLDERS = {"Prepaid Expenses": "gl_prepaid_expenses", "Sales": "gl_sales"}

# code, name, symbol, decimals, US dollars per unit
CURRENCIES: tuple[tuple[str, str, str, int, Decimal], ...] = (
    ("AED", "UAE Dirham", "AED", 2, Decimal("0.2723")),
    ("AUD", "Australian Dollar", "$", 2, Decimal("0.6584")),
    ("BND", "Brunei Dollar", "BND", 2, Decimal("0.7412")),
    ("CAD", "Canadian Dollar", "$", 2, Decimal("0.7318")),
    ("CNY", "Yuan Renminbi", "CNY", 2, Decimal("0.1392")),
    ("EUR", "Euro", "€", 2, Decimal("1.0845")),
    ("GBP", "Pound Sterling", "£", 2, Decimal("1.2716")),
    ("INR", "Indian Rupee", "₹", 2, Decimal("0.0119")),
    ("JPY", "Japanese Yen", "¥", 0, Decimal("0.0067")),
    ("SAR", "Saudi Riyal", "SAR", 2, Decimal("0.2666")),
    ("USD", "United States Dollar", "$", 2, Decimal(1)),
    ("ZAR", "South African Rand", "R", 2, Decimal("0.0547")),
)
CURRENCY_NAMES = {code: name for code, name, *_ in CURRENCIES} | {
    "BHD": "Bahraini Dinar",
    "BRL": "Brazilian Real",
    "CHF": "Swiss Franc",
    "CLP": "Chilean Peso",
    "DKK": "Danish Krone",
    "HKD": "Hong Kong Dollar",
    "JOD": "Jordanian Dinar",
    "KRW": "South Korean Won",
    "KWD": "Kuwaiti Dinar",
    "MXN": "Mexican Peso",
    "NOK": "Norwegian Krone",
    "NZD": "New Zealand Dollar",
    "OMR": "Omani Rial",
    "PLN": "Polish Zloty",
    "SEK": "Swedish Krona",
    "SGD": "Singapore Dollar",
    "TND": "Tunisian Dinar",
    "VND": "Vietnamese Dong",
}
FORMATS = {0: "1,234,567", 2: "1,234,567.89", 3: "1,234,567.899"}

KEY_MODULES: tuple[tuple[str, str], ...] = (
    ("invoices", "invoice"),
    ("contacts", "contact"),
    ("expenses", "expense"),
    ("customerpayments", "customer_payment"),
    ("creditnotes", "creditnote"),
    ("items", "item"),
    ("bills", "bill"),
    ("vendorpayments", "vendor_payment"),
)
