"""Keys of Zoho's recorded answers that belong to features the sandbox does not have (FACTS 0 [WIRE], 5).

Programs with strict models read them, so an answer has them with the value a plain record carries. A view spreads a
table before its own keys. Nobody changes the values.
"""

from bookbridge.sandbox.books.values import ZERO, Record


def _empty(names: str) -> Record:
    return dict.fromkeys(names.split(), "")


_LOCK = {"can_lock": True, "custom_locks": [], "system_locks": []}
_PAPER = {"page_width": "8.27in", "page_height": "11.69in", "orientation": "portrait"}
_SUBMITTED = _empty(
    "submitter_id approver_id submitted_date submitted_by submitted_by_name submitted_by_email submitted_by_photo_url"
)
_ACCOUNTS = _empty(
    "discount_account_id discount_account_name adjustment_account_id adjustment_account_name "
    "shipping_charge_account_id shipping_charge_account_name"
)
_SHIPPING_TAX = _empty(
    "shipping_charge_tax_type shipping_charge_tax_percentage shipping_charge_tax_exemption_id "
    "shipping_charge_tax_exemption_code shipping_charge_tax bcy_shipping_charge_tax shipping_charge_tax_formatted"
)
_LINE: Record = {
    **_empty("discount_account_id discount_account_name image_document_id"),
    "item_code": {},
    "mapped_items": [],
    "is_modifier_item": False,
}

CONTACT: Record = {
    **_SUBMITTED,
    **_empty("photo_url opening_balance_amount_bcy consent_date tax_reg_label account_name zohopeople_client_id"),
    "lock_detail": _LOCK,
    "can_show_customer_ob": True,
    "can_show_vendor_ob": True,
    "ach_supported": False,
    "portal_receipt_count": 0,
    "associated_with_square": False,
    "upi_mandates": [],
}
CONTACT_TEMPLATES: Record = _empty(
    "statement_template_name invoice_template_name bill_template_name estimate_template_name "
    "creditnote_template_name paymentthankyou_template_name invoice_email_template_name "
    "estimate_email_template_name creditnote_email_template_name paymentthankyou_email_template_name "
    "payment_remittance_email_template_name"
)

ITEM_ROW: Record = _empty("product_subtype purpose_of_use")
ITEM: Record = {
    **_empty(
        "crm_owner_id tax_status tax_start_date tax_end_date tax_groups_details tax_country_code tax_information "
        "is_tax_expired purchase_tax_information associated_template_id sales_margin offline_created_date_with_time "
        "attribute_name2 attribute_name3 attribute_option_name2 attribute_option_name3 default_hosted_page_url"
    ),
    "item_code": {},
    "price_brackets": [],
    "lock_detail": _LOCK,
    "locked_fields": {},
    "is_fulfillable": False,
    "is_modifier_item": False,
    "integration_references": [],
    "has_variant": False,
}

INVOICE_ROW: Record = {**_empty("mail_first_viewed_time mail_last_viewed_time"), "is_viewed_in_mail": False}
INVOICE: Record = {
    **_ACCOUNTS,
    **_SHIPPING_TAX,
    **_SUBMITTED,
    **_empty(
        "channel_invoice_id account_identifier offline_created_date_with_time early_payment_discount_due_days "
        "zcrm_potential_name contact_category merchant_id merchant_name ecomm_operator_name "
        "next_reminder_date_formatted color_code"
    ),
    "is_last_child_invoice": False,
    "invoice_installments": [],
    "early_payment_discount_percentage": ZERO,
    "early_payment_discount_amount": ZERO,
    "is_early_payment_discount_applicable": False,
    "lock_detail": _LOCK,
    "is_progress_invoice": False,
    "can_show_kit_return": False,
    "is_kit_partial_return": False,
    "total_retention_amount": ZERO,
    "retention_items": [],
    "retention_override_preference": "no_override",
    "exceptions": [],
    "tds_calculation_type": "tds_item_level",
    "can_send_invoice_sms": True,
    "reader_offline_payment_initiated": False,
    "in_process_payments": [],
    "shipping_bills": [],
    "is_client_review_settings_enabled": False,
    "exchange_invoices": [],
}
INVOICE_LINE: Record = {
    **_LINE,
    **_empty("stock_on_hand available_stock committed_stock available_for_sale_stock"),
}
INVOICE_QR_CODE: Record = {
    "qr_source": "",
    "is_qr_enabled": False,
    "qr_value": "",
    "qr_description": "Scan the QR code to view the configured information.",
}

CREDIT_NOTE_ROW: Record = {
    **_empty("applied_invoices client_viewed_time current_sub_status_id"),
    "is_viewed_by_client": False,
    "template_type": "standard",
    "rounding_mode": "round_half_up",
}
CREDIT_NOTE: Record = {
    **_ACCOUNTS,
    **_SHIPPING_TAX,
    **_SUBMITTED,
    **_PAPER,
    **_empty(
        "subject_content offline_created_date_with_time invoice_id sales_channel client_viewed_time contact_category "
        "color_code current_sub_status_id"
    ),
    "is_viewed_by_client": False,
    "tds_calculation_type": "tds_item_level",
    "tax_override_preference": "no_override",
    "exceptions": [],
    "sub_statuses": [],
    "shipping_charge_taxes": [],
    "transaction_rounding_type": "no_rounding",
    "rounding_mode": "round_half_up",
    "bcy_rounding_mode": "round_half_up",
    "computation_type": "basic",
    "lock_details": {"can_lock": False},
    "locked_actions": [],
    "lock_detail": _LOCK,
    "approvers_list": [],
}
CREDIT_NOTE_LINE: Record = {
    **_LINE,
    **_empty("invoice_id invoice_item_id sales_margin"),
    "can_skip_stock_tracking": False,
    "is_credit_only_item": False,
}

PAYMENT_ROW: Record = _empty(
    "last_four_digits documents custom_fields_list tax_account_id tax_account_name sales_channel"
)
PAYMENT: Record = {
    **_PAPER,
    **_empty(
        "sales_channel account_identifier payment_link_id beat_id beat_number journey_plan_id sales_person_id "
        "sales_person_name card_type offline_created_date_with_time bank_charges_account_id "
        "bank_charges_account_name tender_id"
    ),
    "lock_details": {"can_lock": False},
    "locked_actions": [],
    "is_early_payment_discount_applicable": False,
    "is_ondc_channel": False,
    "deposit_details": [],
    "can_send_in_mail": True,
    "can_send_payment_sms": True,
    "is_payment_details_required": True,
}
PAYMENT_INVOICE: Record = {
    **_empty("invoice_customer_id invoice_customer_name allow_partial_payments"),
    "is_early_payment_discount_applicable": False,
    "invoice_installments": [],
    "installments": [],
}

EXPENSE: Record = {
    **_empty(
        "employee_email vehicle_id vehicle_name report_number user_id approver_id report_status location merchant_id "
        "merchant_name template_id template_name template_type page_width page_height orientation zcrm_potential_id "
        "zcrm_potential_name"
    ),
    "transaction_type_formatted": "Expense",
    "markup_percent": ZERO,
    "tax_override_preference": "no_override",
    "payment_mode": "Cash",
    "is_recurring_applicable": True,
    "fcy_surcharge_amount": ZERO,
    "bcy_surcharge_amount": ZERO,
    "imported_transactions": [],
}

ACCOUNT: Record = {
    **_empty("account_code_prefix generation_number"),
    "is_standalone_account": False,
    "opening_balances": [],
}
BANK_ACCOUNT_ROW: Record = {
    **_empty("partner_bank_source_formatted partner_bank_source payout_bank_name feed_status"),
    "is_beta_feed": False,
    "consent_info": {"consent_remaining_days": "", "is_consent_expired": ""},
}
BANK_ACCOUNT: Record = {
    **_empty(
        "account_code_prefix generation_number institution_id institution_name migrate_to_partner_bank "
        "latest_transaction_date"
    ),
    "last_import_duplicate_count": 0,
    "is_pdf_password_stored": False,
    "is_zlabs_supported": False,
    "can_show_in_ze": True,
    "can_show_paypal_direct_integ_banner": False,
    "is_feeds_owner": False,
    "can_access_all_branches": True,
    "can_access_all_locations": True,
    "can_access_all_locations_of_bank_account": True,
    "sub_corporate_cards_count": "0",
    "is_rule_update_required": False,
}
