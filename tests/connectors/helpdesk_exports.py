"""Small exports in the layout each system documents, written for these tests; every person in them is invented."""

import json

ZENDESK_TICKET = {
    "id": 35436,
    "url": "https://acme.zendesk.com/api/v2/tickets/35436.json",
    "created_at": "2026-02-20T22:55:29Z",
    "updated_at": "2026-02-21T05:38:32Z",
    "type": "incident",
    "subject": "Help, my printer is on fire!",
    "raw_subject": "Help, my printer is on fire!",
    "description": "The fire is very colourful.",
    "priority": "high",
    "status": "open",
    "requester_id": 20978392,
    "requester": {"name": "Eva Novak", "email": "eva@novak.example"},
    "organization_id": 509974,
    "group_id": 98738,
    "via": {"channel": "web"},
    "satisfaction_rating": {"id": 1234, "score": "good", "comment": "Great support!"},
}
GONE = ZENDESK_TICKET | {"id": 35437, "status": "deleted"}

ZENDESK_CSV = """\
Summation column,Id,Requester,Requester id,Requester email,Assignee,Group,Subject,Status,Priority,Via,Ticket type,Created at,Updated at,Organization,Solved at,Satisfaction Score,Reopens
1,77,Eva Novak,20978392,eva@novak.example,Tom Reed,Support,Printer,Solved,High,Mail,Problem,2026-02-20 22:55,2026-02-21 05:38,Acme,2026-02-21 05:38,Bad,2
"""

DISCOURSE = """\
id,user_id,topic_id,post_number,raw,created_at,like_count,title,slug
9001,42,77,1,"The red lamp flickers.

It is new.",2026-02-20 22:55:29 UTC,3,Lamp flickers,lamp-flickers
9002,-1,77,2,This topic was closed.,2026-02-21 22:55:29 UTC,0,Lamp flickers,lamp-flickers
"""

FRESHDESK = """\
Ticket ID,Subject,Status,Priority,Source,Type,Agent,Group,Created time,Due by Time,Resolved time,Closed time,Last update time,Initial response time,Time tracked,First response time (in hrs),Resolution time (in hrs),Agent interactions,Customer interactions,Resolution status,First response status,Tags,Survey results,Product,Full name,Email,Contact ID
512,Wrong invoice,Closed,Low,Email,Question,Tom Reed,Billing,2026-02-20 10:00:00,2026-02-25 10:00:00,2026-02-21 11:30:00,2026-02-22 10:00:00,2026-02-22 10:00:00,2026-02-20 12:15:00,00:00:00,02:15:00,25:30:00,2,3,Within SLA,Within SLA,invoice,,,Eva Novak,eva@novak.example,44001
"""

JIRA = """\
Summary,Issue key,Issue id,Issue Type,Status,Project key,Project name,Priority,Resolution,Assignee,Reporter,Creator,Created,Updated,Resolved,Description,Custom field (Request Type),Satisfaction rating
VPN is down,HELP-17,10117,Incident,Resolved,HELP,Help desk,High,Done,Tom Reed,Eva Novak,Eva Novak,20/Feb/26 9:05 AM,21/Feb/26 9:05 AM,20/Feb/26 1:30 PM,Nobody can work.,Report an incident,4
"""

APP_STORE = {
    "data": [
        {
            "type": "customerReviews",
            "id": "00000028-b08c-0014",
            "attributes": {
                "rating": 2,
                "title": "Crashes",
                "body": "It crashes at the start.",
                "reviewerNickname": "Eva Novak",
                "createdDate": "2026-02-20T08:10:34-08:00",
                "territory": "USA",
            },
        }
    ],
    "links": {"self": "https://api.appstoreconnect.apple.com/v1/apps/1/customerReviews"},
}

GOOGLE_PLAY = """\
Package Name,App Version Code,App Version Name,Reviewer Language,Device,Review Submit Date and Time,Review Submit Millis Since Epoch,Review Last Update Date and Time,Review Last Update Millis Since Epoch,Star Rating,Review Title,Review Text,Developer Reply Date and Time,Developer Reply Millis Since Epoch,Developer Reply Text,Review Link
example.aldermoor.app,77,1.0.6,de,star2qltechn,2026-02-20T10:00:00Z,1771581600000,2026-02-20T10:00:00Z,1771581600000,1,,Stürzt ab,2026-02-20T12:00:00Z,1771588800000,Sorry!,https://play.google.com/console/review?reviewId=1
"""

TRUSTPILOT = """\
Domain Url,Webshop Name,Business Unit Id,Review Id,Review Created (UTC),Review Consumer User Id,Review Username,Review User Email,Review Title,Review Content,Review Stars,Source Of Review
aldermoor.example,Aldermoor,b1,r-100,2026-02-20 10:00:00,u-7,Eva Novak,eva@novak.example,Late,It came three weeks late.,2,Organic
"""

G2 = {
    "data": [
        {
            "id": "123456",
            "type": "survey_responses",
            "attributes": {
                "product_name": "Aldermoor Desk",
                "title": "Solid",
                "star_rating": 3.5,
                "submitted_at": "2026-02-20T10:00:00.000-06:00",
                "user_name": "Eva Novak",
                "comment_answers": {
                    "love": {"text": "What do you like best about the product?", "value": "Quick."},
                    "hate": {"text": "What do you dislike about the product?", "value": "The price."},
                },
            },
        }
    ]
}

ZAMMAD = [
    ["#", "Title", "State", "Priority", "Group", "Owner", "Customer", "Organization", "Create Channel", "Sender",
     "Tags", "Time Units Total", "Created At", "Updated At", "Closed At", "First Response At"],
    ["20017", "Door stuck", "closed", "2 normal", "Service", "Tom Reed", "Eva Novak", "Acme", "email", "Customer",
     "door", "", "2026-02-20 10:00:00", "2026-02-21 10:00:00", "2026-02-21 09:00:00", "2026-02-20 11:00:00"],
    ["20018", "Call back", "open", "2 normal", "Service", "Tom Reed", "Eva Novak", "Acme", "phone", "Agent",
     "", "", "2026-02-20 10:00:00", "2026-02-21 10:00:00", "", ""],
]  # fmt: skip


def as_json(value: object) -> str:
    return json.dumps(value)


def as_lines(*values: object) -> str:
    return "\n".join(json.dumps(value) for value in values)
