"""The shipped mappings for exports of systems that are also read live, on files headed as those systems head them."""

from interlock.connectors import open_source

from .conftest import NOW, all_chunks, rows_of

COMPANIES = """Record ID,Company name,Company owner,Create Date,Phone Number,Last Activity Date,City,Country/Region,Industry
9001,Harbour Cycles,Ana Ruiz,2025-03-04 09:12,+49 30 123,2026-10-01 08:00,Hamburg,Germany,RETAIL
9002,Nordwind GmbH,,2025-05-06 10:00,,,,,
"""
DEALS = """Record ID,Deal Name,Deal Stage,Close Date,Deal owner,Amount,Create Date,Closed Lost Reason,Associated Company IDs
7001,Fleet,Closed lost,2026-09-30 22:00,Ana Ruiz,12000.50,2026-08-01 08:00,Delivery date too late,9001
7002,Bags,Appointment scheduled,2027-01-31 00:00,Ana Ruiz,500,2026-09-01 08:00,,
7003,Seats,Closed won,2026-09-01 08:00,Ana Ruiz,70,2026-08-01 08:00,,9001
"""
TICKETS = """Ticket ID,Ticket name,Ticket description,Category,Source,Create date,Close date,Ticket owner,Associated Company IDs
31,Wheel rattles,It rattles since Monday.,Product Issue,EMAIL,2026-10-05 07:00,2026-10-06 09:30,Ana Ruiz,9001
32,Child seat,Could you make one?,Feature Request,FORM,2026-10-07 07:00,,,
"""
ACCOUNT = """"Id","IsDeleted","Name","Type","BillingState","BillingCountry","Industry","CreatedDate","OwnerId"
"0015g00000A1aaAAAR","0","Harbour Cycles","Customer","","Germany","Retail","2025-03-04 09:12:00","0055g1"
"0015g00000A1abAAAR","1","Gone Ltd","","","","","2025-03-04 09:12:00","0055g1"
"""
OPPORTUNITY = """"Id","IsDeleted","AccountId","Name","StageName","Amount","CloseDate","IsClosed","IsWon","CreatedDate"
"0065g00000B1aaAAAR","0","0015g00000A1aaAAAR","Fleet","Closed Lost","12000.5","2026-09-30","1","0","2026-08-01 08:00:00"
"0065g00000B1abAAAR","0","","Bags","Proposal","","2027-01-31","0","0","2026-09-01 08:00:00"
"""
CASE = """"Id","IsDeleted","CaseNumber","ContactId","AccountId","Type","Status","Reason","Origin","Subject","Description","IsClosed","ClosedDate","CreatedDate"
"5005g00000C1aaAAAR","0","00001026","0035g1","0015g00000A1aaAAAR","Complaint","Closed","Breakdown","Email","Wheel rattles","It rattles.","1","2026-10-06 09:30:00","2026-10-05 07:00:00"
"5005g00000C1abAAAR","0","00001027","","","Feature Request","New","","Web","","Child seat","0","","2026-10-07T07:00:00.000Z"
"""
SHOP = """Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Currency,Subtotal,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Billing Name,Shipping Country,Cancelled at,Refunded Amount,Id,Source
#1001,ada@example.com,paid,2026-10-01 10:15:00 +0200,fulfilled,2026-10-02 10:00:00 +0200,EUR,139.75,139.75,2026-10-01 10:14:00 +0200,2,Trail bag - Red / M,59.90,BAG-R,Ada Example,DE,,29.95,5550000001,web
#1001,ada@example.com,,,,,,,,2026-10-01 10:14:00 +0200,1,Strap,19.95,,,,,,,
#1002,bob@example.com,refunded,2026-10-03 09:00:00 +0200,unfulfilled,,EUR,59.90,59.90,2026-10-03 09:00:00 +0200,1,Trail bag - Red / M,59.90,BAG-R,Bob Example,DE,2026-10-04 09:00:00 +0200,59.90,5550000002,web
"""


def proposed(path):
    with open_source(path, now=NOW) as source:
        mapping = source.propose()
    return mapping.name, mapping.shipped


def of(chunks, table, *columns):
    rows = rows_of(chunks, table).to_pylist()
    return sorted((tuple(row[column] for column in columns) for row in rows), key=str)


def refused(chunks):
    return [refusal for chunk in chunks for refusal in chunk.refusals]


def test_exports_of_hubspot_are_recognised_and_read(write):
    write("hubspot-crm-exports-all-companies-2026-11-22.csv", COMPANIES)
    write("hubspot-crm-exports-all-deals-2026-11-22.csv", DEALS)
    folder = write("hubspot-crm-exports-all-tickets-2026-11-22.csv", TICKETS).parent
    chunks = all_chunks(folder)

    assert proposed(folder) == ("hubspot", True)
    assert refused(chunks) == []
    assert of(chunks, "accounts", "account_id", "name", "segment", "region") == [
        ("hs:9001", "Harbour Cycles", "retail", "Germany"),
        ("hs:9002", "Nordwind GmbH", None, None),
    ]
    assert [(key, account, outcome, str(amount), closed and closed.isoformat()) for key, account, outcome, amount, closed in of(
        chunks, "deals", "deal_id", "account_id", "outcome", "amount", "closed_at"
    )] == [
        ("hs:7001", "hs:9001", "lost", "12000.50", "2026-09-30T22:00:00"),
        ("hs:7002", None, "open", "500.00", None),
        ("hs:7003", "hs:9001", "won", "70.00", "2026-09-01T08:00:00"),
    ]  # fmt: skip
    assert of(chunks, "signals", "signal_id", "kind", "account_id", "channel", "title", "reason") == [
        ("hs:31", "ticket", "hs:9001", "email", "Wheel rattles", "Product Issue"),
        ("hs:32", "idea", None, "form", "Child seat", "Feature Request"),
    ]


def test_a_data_export_of_salesforce_is_recognised_and_read(write):
    write("Account.csv", ACCOUNT)
    write("Opportunity.csv", OPPORTUNITY)
    folder = write("Case.csv", CASE).parent
    chunks = all_chunks(folder)
    left_out = [left for chunk in chunks for left in chunk.left_out]

    assert proposed(folder) == ("salesforce", True)
    assert refused(chunks) == []
    assert of(chunks, "accounts", "account_id", "name", "segment", "region") == [
        ("sf:0015g00000A1aaAAAR", "Harbour Cycles", "Retail", "Germany")
    ]
    assert [(left.reason, left.rows) for left in left_out] == [("deleted in Salesforce", 1)]
    assert of(chunks, "deals", "deal_id", "outcome", "account_id") == [
        ("sf:0065g00000B1aaAAAR", "lost", "sf:0015g00000A1aaAAAR"),
        ("sf:0065g00000B1abAAAR", "open", None),
    ]
    assert of(chunks, "signals", "kind", "contact_id", "title", "reason", "resolution") == [
        ("complaint", "sf:0035g1", "Wheel rattles", "Breakdown", "Closed"),
        ("idea", None, "00001027", "Feature Request", None),
    ]
    assert [at.isoformat() for (at,) in of(chunks, "signals", "occurred_at")] == [
        "2026-10-05T07:00:00",
        "2026-10-07T07:00:00",
    ]


def test_an_export_of_shopify_is_recognised_and_read_without_a_person(write):
    path = write("orders_export_1.csv", SHOP)
    chunks = all_chunks(path)

    assert proposed(path) == ("shopify", True)
    assert refused(chunks) == []
    assert [(key, at.isoformat(), currency) for key, at, currency in of(chunks, "orders", "order_id", "ordered_at", "currency")] == [
        ("sh:#1001", "2026-10-01T08:14:00", "EUR"),
        ("sh:#1002", "2026-10-03T07:00:00", "EUR"),
    ]  # fmt: skip
    assert [(key, product, str(amount)) for key, product, amount in of(chunks, "order_lines", "line_id", "product_id", "amount")] == [
        ("sh:#1001-1", "sh:BAG-R", "119.80"),
        ("sh:#1001-2", "sh:Strap", "19.95"),
        ("sh:#1002-1", "sh:BAG-R", "59.90"),
    ]  # fmt: skip
    assert of(chunks, "signals", "signal_id", "kind") == [("sh:cancel-#1002", "cancel")]
    assert [(key, str(amount), str(credited)) for key, amount, credited in of(chunks, "invoices", "invoice_id", "amount", "credited")] == [
        ("sh:#1001", "139.75", "29.95"),
        ("sh:#1002", "59.90", "59.90"),
    ]  # fmt: skip
    assert "Example" not in str([chunk.rows.to_pylist() for chunk in chunks])


def test_one_file_of_an_export_is_enough(write):
    path = write("hubspot-crm-exports-my-tickets-2026-11-22.csv", TICKETS)

    assert proposed(path) == ("hubspot", True)
    assert len(of(all_chunks(path), "signals", "signal_id")) == 2
