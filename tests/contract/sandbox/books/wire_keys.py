"""Keys of recorded answers of Zoho Books, by FACTS section 5: what a list row and a detail must have."""


def _keys(text: str) -> frozenset[str]:
    return frozenset(text.split())


INVOICE_ROW = _keys(
    "ach_payment_initiated invoice_id zcrm_potential_id customer_id zcrm_potential_name customer_name company_name "
    "status invoice_number reference_number date due_date issued_date due_days email project_name billing_address "
    "shipping_address country phone created_by total balance payment_expected_date custom_fields custom_field_hash "
    "tags salesperson_name shipping_charge adjustment created_time last_modified_time updated_time "
    "is_viewed_by_client has_attachment client_viewed_time is_emailed color_code current_sub_status_id "
    "current_sub_status currency_id schedule_time currency_code currency_symbol template_type invoice_source "
    "sales_channel transaction_type reminders_sent last_reminder_sent_date last_payment_date template_id documents "
    "salesperson_id write_off_amount exchange_rate unprocessed_payment_amount invoice_url is_viewed_in_mail "
    "mail_first_viewed_time mail_last_viewed_time"
)
INVOICE_LINE = _keys(
    "line_item_id item_id item_order name internal_name description unit quantity discount_amount discount discounts "
    "bcy_rate rate account_id account_name header_id pricebook_id tax_id tax_name tax_type tax_percentage item_total "
    "item_custom_fields pricing_scheme tags documents line_item_taxes bill_id bill_item_id project_id time_entry_ids "
    "expense_id item_type expense_receipt_name sales_rate purchase_rate salesorder_item_id cost_amount markup_percent "
    "line_item_category"
)
INVOICE = _keys(
    "invoice_id invoice_number date due_date issued_date customer_id customer_name customer_custom_fields email "
    "currency_id currency_code currency_symbol currency_name_formatted invoice_source status "
    "unprocessed_payment_amount custom_fields custom_field_hash recurring_invoice_id payment_terms "
    "payment_terms_label payment_terms_id payment_reminder_enabled payment_made zcrm_potential_id reference_number "
    "lock_details line_items exchange_rate is_autobill_enabled inprocess_transaction_present allow_partial_payments "
    "price_precision sub_total tax_total total_taxable_amount discount_total discount_percent discount "
    "discount_applied_on_amount discount_type account_id account_name tax_override_preference is_discount_before_tax "
    "adjustment adjustment_description shipping_charge_tax_id shipping_charge_exclusive_of_tax "
    "shipping_charge_inclusive_of_tax shipping_charge bcy_shipping_charge bcy_adjustment bcy_sub_total "
    "bcy_discount_total bcy_tax_total bcy_total total balance write_off_amount roundoff_value "
    "transaction_rounding_type rounding_mode bcy_rounding_mode is_inclusive_tax sub_total_inclusive_of_tax "
    "tax_rounding taxes payment_expected_date payment_discount stop_reminder_until_payment_expected_date "
    "last_payment_date ach_supported payment_options contact_persons contact_persons_associated attachment_name "
    "documents salesorder_id salesorders contact salesperson_id salesperson_name is_emailed reminders_sent "
    "is_viewed_by_client client_viewed_time submitter_id approver_id template_id template_name template_type notes "
    "terms billing_address shipping_address invoice_url can_send_in_mail created_time last_modified_time "
    "created_date created_by_id created_by_name last_modified_by_id page_width page_height orientation sales_channel "
    "current_sub_status sub_statuses estimate_id unused_retainer_payments credits_applied tax_amount_withheld "
    "schedule_time customer_default_billing_address approvers_list qr_code tags"
)
ORGANIZATION_ROW = _keys(
    "organization_id name contact_name email is_default_org language_code fiscal_year_start_month "
    "account_created_date time_zone is_dst_active date_format field_separator industry_type industry_size "
    "company_id_label company_id_value tax_id_label tax_id_value currency_id currency_code currency_symbol "
    "currency_format price_precision plan_type plan_name plan_period country_code country_name portal_name "
    "org_settings"
)
CONTACT_ROW = _keys(
    "contact_id contact_name customer_name vendor_name company_name website language_code contact_type "
    "contact_type_formatted status customer_sub_type source is_linked_with_zohocrm payment_terms payment_terms_id "
    "payment_terms_label currency_id currency_code twitter facebook outstanding_receivable_amount "
    "outstanding_receivable_amount_bcy outstanding_payable_amount outstanding_payable_amount_bcy "
    "unused_credits_receivable_amount unused_credits_receivable_amount_bcy unused_credits_payable_amount "
    "unused_credits_payable_amount_bcy first_name last_name email phone mobile portal_status portal_status_formatted "
    "track_1099 created_time created_time_formatted last_modified_time last_modified_time_formatted custom_fields "
    "custom_field_hash contactperson_custom_fields tags ach_supported has_attachment"
)
CONTACT = (
    CONTACT_ROW
    - _keys(
        "customer_name vendor_name created_time_formatted last_modified_time_formatted contactperson_custom_fields "
        "ach_supported has_attachment"
    )
) | _keys(
    "contact_tax_information designation department is_bcy_only_contact contact_salutation invited_by "
    "has_transaction contact_relation_type owner_id owner_name documents is_crm_customer primary_contact_id "
    "zcrm_account_id zcrm_contact_id crm_owner_id credit_limit_exceeded_amount lock_details price_precision "
    "exchange_rate opening_balance_amount unused_retainer_payments payment_reminder_enabled is_sms_enabled "
    "is_consent_agreed tax_id_type account_id contact_category sales_channel opening_balances entity_address_id "
    "billing_address shipping_address contact_persons addresses pricebook_id default_templates cards checks "
    "bank_accounts notes created_date created_by_name customer_currency_summaries approvers_list "
    "integration_references"
)
ADDRESS = _keys(
    "address_id attention address street2 city state_code state zip country county latitude longitude country_code "
    "phone fax"
)
ITEM_ROW = _keys(
    "item_id name item_name unit status source is_linked_with_zohocrm zcrm_product_id description rate tax_id "
    "tax_name tax_percentage purchase_account_id purchase_account_name account_id account_name purchase_description "
    "purchase_rate can_be_sold can_be_purchased track_inventory item_type product_type has_attachment sku image_name "
    "created_time last_modified_time vendor_name tags"
)
ITEM = ITEM_ROW | _keys(
    "group_id unit_id brand manufacturer pricebook_rate sales_rate pricing_scheme default_price_brackets created_at "
    "minimum_order_quantity maximum_order_quantity custom_fields custom_field_hash sales_channels"
)
PAYMENT = _keys(
    "payment_id payment_number payment_number_prefix payment_number_suffix customer_id customer_name payment_mode "
    "date account_id account_name account_type customer_advance_account_id customer_advance_account_name currency_id "
    "currency_symbol currency_code exchange_rate amount unused_amount bank_charges tax_account_id "
    "tax_amount_withheld discount_amount description reference_number online_transaction_id payment_gateway "
    "settlement_status invoices payment_status payment_refunds template_id custom_fields custom_field_hash "
    "imported_transactions rounding_mode tags created_time updated_time"
)
PAYMENT_INVOICE = _keys(
    "invoice_number invoice_payment_id invoice_id amount_applied tax_amount_withheld discount_amount total balance "
    "date due_date price_precision apply_date"
)
PAYMENT_ROW = _keys(
    "payment_id payment_number invoice_numbers date payment_mode payment_mode_formatted amount bcy_amount "
    "unused_amount bcy_unused_amount account_id account_name description reference_number customer_id customer_name "
    "created_time last_modified_time gateway_transaction_id payment_gateway bcy_refunded_amount applied_invoices "
    "has_attachment tags tax_amount_withheld payment_type payment_status settlement_status"
)
EXPENSE_ROW = _keys(
    "expense_id date user_name paid_through_account_name account_name description currency_id currency_code "
    "bcy_total bcy_total_without_tax total total_without_tax is_billable reference_number customer_id is_personal "
    "customer_name vendor_id vendor_name status created_time last_modified_time expense_receipt_name exchange_rate "
    "distance mileage_rate mileage_unit mileage_type expense_type report_id start_reading end_reading has_attachment "
    "custom_fields_list tags"
)
ACCOUNT_ROW = _keys(
    "account_id account_name account_code account_type description placeholder is_register_supported_account "
    "is_user_created is_system_account is_active can_show_in_ze parent_account_id parent_account_name depth "
    "has_attachment is_child_present child_count documents created_time is_standalone_account last_modified_time"
)
BANK_ROW = _keys(
    "account_id account_name account_code currency_id currency_code account_type account_sub_type "
    "uncategorized_transactions total_unprinted_checks is_active balance bank_balance bcy_balance bank_name "
    "feeds_last_refresh_date is_direct_paypal mfa_required"
)
CURRENCY_ROW = _keys(
    "currency_id currency_code currency_name currency_name_formatted currency_symbol price_precision currency_format "
    "is_base_currency exchange_rate effective_date auto_exchange_rate_enabled"
)
TAX_ROW = _keys(
    "tax_id tax_name tax_percentage tax_type tax_factor tax_specific_type tax_authority_id tax_authority_name "
    "is_value_added is_default_tax is_editable tax_account_id purchase_tax_account_id output_tax_account_name "
    "purchase_tax_account_name"
)
