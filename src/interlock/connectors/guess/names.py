"""What columns and files are called, in English, German, French, Spanish and Portuguese.

Names are compared without case, accents and signs. A `|` separates names, `*` stands for any letters.
"""

import fnmatch
import re
import unicodedata

_FILE_NAMES = {
    "accounts": "account*|customer*|client*|kunde*|cliente*|company|companies|subscriber*|konten",
    "products": "product*|item|items|article*|artikel*|produkt*|produit*|producto*|produto*|sku*",
    "orders": "order|orders|sales_orders|bestellung*|auftrag|auftraege|commande|commandes|pedido|pedidos|purchases",
    "order_lines": "order_lines|order_items|order_details|line_items|lines|positionen|bestellpositionen|"
    "auftragspositionen|lignes*|lineas*|itens*|invoice_lines|sales|transactions|verkaeufe|ventes|ventas|vendas",
    "signals": "ticket*|complaint*|review*|case|cases|feedback*|survey*|issue*|beschwerde*|bewertung*|reklamation*|"
    "avis|reclamation*|plainte*|reclamacion*|quejas|resenas|avaliac*|reclamac*|signals|returns|retouren|retours|devolu*",
    "deals": "deal*|opportunit*|pipeline*|angebote|verkaufschancen|opportunites|oportunidad*|negocios",
    "invoices": "invoice*|rechnung*|facture*|factura*|fatura*|payments|zahlungen",
    "teams": "team*|abteilung*|equipe*|equipo*|departments|gruppen",
    "campaigns": "campaign*|kampagne*|campagne*|campana*|campanha*",
    "contacts": "contact*|kontakt*|contacto*|contato*",
    "promises": "promise*|commitment*|zusagen|promesses|promesas|promessas",
    "touches": "touch*|activities|aktivitaeten|activites|actividades|atividades",
    "batches": "batch*|lots|chargen|lotes|charge|production_orders",
    "events": "event*|log|logs|ereignisse|evenements|eventos",
}
_COLUMNS = {
    "accounts.account_id": "account_id|customer_id|client_id|account|customer|customer_no|customer_number|cust_id|"
    "kunden_id|kundennr|kundennummer|kunde|id_client|numero_client|client|no_client|id_cliente|cliente|cliente_id|"
    "codigo_cliente|company_id|subscriber_id|requester|requester_id|organization_id",
    "accounts.name": "name|account_name|customer_name|company|company_name|firma|kundenname|nom|nom_client|societe|"
    "nombre|razon_social|nome|empresa",
    "accounts.segment": "segment|customer_segment|industry|sector|branche|customer_type|kundengruppe|secteur|contract",
    "accounts.region": "region|state|country|land|bundesland|pays|pais|estado|provincia|customer_state|office_location",
    "accounts.use_case": "use_case|usage|verwendung|uso",
    "accounts.since": "since|customer_since|created|created_at|signup_date|kunde_seit|client_depuis|cliente_desde",
    "accounts.ended_at": "ended_at|churned_at|cancelled_at|left_at|gekuendigt_am|fin_contrat|baja",
    "products.product_id": "product_id|product|sku|item_id|article|article_no|article_number|artikel|artikelnr|"
    "artikelnummer|produkt_id|produkt|stockcode|stock_code|item|item_code|ref_produit|reference|produit|producto|"
    "id_producto|codigo_producto|produto|codigo_produto|material|prod",
    "products.family": "family|category|product_category|series|warengruppe|kategorie|produktgruppe|famille|categorie|"
    "familia|categoria|product_family|product_line|product_category_name",
    "products.name": "product_name|name|description|title|bezeichnung|artikelbezeichnung|designation|libelle|"
    "descripcion|nombre|descricao|nome|produktname",
    "products.configuration": "configuration|variant|size|colour|color|variante|groesse|taille|tamano|tamanho",
    "products.version": "version|model_year|modelljahr",
    "products.list_price": "list_price|price|unit_price|sales_price|listenpreis|preis|prix|precio|preco|unitprice",
    "orders.order_id": "order_id|order|order_no|order_number|bestellnummer|bestellnr|bestellung|auftrag|auftragsnr|"
    "auftragsnummer|commande|numero_commande|no_commande|id_commande|pedido|id_pedido|numero_pedido|invoiceno|"
    "invoice_no|sales_order",
    "orders.ordered_at": "ordered_at|order_date|date|ordered|bestelldatum|auftragsdatum|date_commande|fecha|"
    "fecha_pedido|data|data_pedido|purchase_date|order_purchase_timestamp|invoicedate|invoice_date|datum|created_at|placed|placed_at",
    "orders.channel": "channel|sales_channel|kanal|vertriebskanal|canal",
    "orders.team_id": "team_id|team|sales_team|vertriebsteam|equipe|equipo",
    "orders.status": "status|order_status|state|etat|estado_pedido|zustand",
    "orders.currency": "currency|waehrung|devise|moneda|moeda",
    "order_lines.line_id": "line_id|order_line_id|position_id|row_id",
    "order_lines.quantity": "quantity|qty|amount_pieces|menge|anzahl|stueck|quantite|qte|cantidad|cant|quantidade|qtd|pieces",
    "order_lines.amount": "amount|line_total|total|value|betrag|summe|umsatz|montant|importe|valor|revenue|net_amount|"
    "price|sales",
    "order_lines.requested_at": "requested_at|requested_date|wunschtermin|date_souhaitee|fecha_solicitada",
    "order_lines.promised_at": "promised_at|promised_date|due_date|required_date|requireddate|liefertermin|zugesagt|"
    "zugesagt_am|zusagetermin|date_promise|date_prevue|fecha_prometida|fecha_compromiso|data_prometida|"
    "estimated_delivery_date|order_estimated_delivery_date|promised",
    "order_lines.shipped_at": "shipped_at|ship_date|shipped_date|shippeddate|dispatched|versanddatum|versendet|"
    "date_expedition|fecha_envio|data_envio|shipped",
    "order_lines.delivered_at": "delivered_at|delivery_date|delivered|lieferdatum|geliefert|geliefert_am|"
    "date_livraison|fecha_entrega|data_entrega|received_at",
    "order_lines.batch_id": "batch_id|batch|lot|charge|chargennr|lote",
    "order_lines.site_id": "site_id|site|plant|werk|warehouse|lager|seller_id|supplier_id|supplier|lieferant|usine|"
    "entrepot|planta|almacen|fabrica|vendedor",
    "signals.signal_id": "signal_id|ticket_id|ticket|complaint_id|review_id|case_id|case_number|id|issue_id|"
    "reklamationsnr|reklamationsnummer|beschwerdenummer|ticketnummer|beschwerde_id|id_reclamation|id_ticket",
    "signals.occurred_at": "occurred_at|created|created_at|date|date_received|opened_at|review_date|erstellt|"
    "erstellt_am|eingang|eingangsdatum|datum|creation_date|date_creation|cree_le|fecha|fecha_creacion|data|data_criacao|submitted_at",
    "signals.kind": "kind|ticket_type|typ|art",
    "signals.channel": "channel|via|source|submitted_via|kanal|canal|origin",
    "signals.lang": "lang|language|sprache|langue|idioma",
    "signals.rating": "rating|score|stars|review_score|csat|bewertung|note|sterne|puntuacion|calificacion|nota|avaliacao",
    "signals.title": "title|subject|summary|betreff|titel|objet|titre|asunto|titulo|assunto|issue",
    "signals.body": "body|text|description|descr|comment|comments|message|review_text|beschreibung|kommentar|nachricht|"
    "commentaire|descripcion|comentario|mensaje|descricao|mensagem|verbatim|content",
    "signals.reason": "reason|category|grund|kategorie|motif|motivo|sub_issue|return_reason",
    "signals.resolution": "resolution|outcome|loesung|ergebnis|solution|resolucion|resolucao|company_response",
    "signals.first_reply_at": "first_reply_at|first_response|first_resp|first_response_at|answered_at|erste_antwort|"
    "premiere_reponse|primera_respuesta|primeira_resposta",
    "signals.resolved_at": "resolved_at|solved_at|closed_at|closed|solved|geloest_am|geschlossen|resolu_le|cerrado|"
    "resuelto|fechado",
    "signals.reopened": "reopened|reopens|wiedereroeffnet|reouvert|reabierto|reaberto",
    "signals.cost": "cost|kosten|cout|costo|coste|custo|refund|refund_amount",
    "deals.deal_id": "deal_id|opportunity_id|opportunity|deal|angebot|angebotsnr|oportunidad_id",
    "deals.created_at": "created_at|created|engage_date|opened_at|create_date|erstellt_am",
    "deals.closed_at": "closed_at|close_date|closed|abschlussdatum|date_cloture|fecha_cierre|data_fechamento",
    "deals.outcome": "outcome|stage|deal_stage|status|phase|etape|etapa",
    "deals.amount": "amount|value|close_value|deal_value|betrag|montant|importe|valor",
    "deals.rival": "rival|competitor|wettbewerber|concurrent|competidor|concorrente",
    "deals.loss_reason_rep": "loss_reason|lost_reason|verlustgrund|raison_perte|motivo_perdida",
    "invoices.invoice_id": "invoice_id|invoice|invoice_no|invoice_number|rechnungsnr|rechnungsnummer|rechnung|facture|"
    "numero_facture|factura|numero_factura|fatura|payment_id",
    "invoices.issued_at": "issued_at|invoice_date|rechnungsdatum|date_facture|fecha_factura|data_fatura|date|datum",
    "invoices.amount": "amount|total|betrag|montant|importe|valor|invoice_amount|payment_value",
    "invoices.due_at": "due_at|due_date|faellig|faellig_am|echeance|vencimiento|vencimento",
    "invoices.paid_at": "paid_at|paid_date|payment_date|bezahlt_am|date_paiement|fecha_pago|data_pagamento",
    "invoices.disputed": "disputed|strittig|conteste|disputada",
    "invoices.credited": "credited|credit|gutschrift|avoir|abono|credito",
    "teams.team_id": "team_id|team|department_id|grp|group|abteilung|equipe|equipo",
    "teams.name": "name|team_name|bezeichnung|nom|nombre|nome",
    "teams.function": "function|funktion|fonction|funcion|funcao",
    "campaigns.campaign_id": "campaign_id|campaign|kampagne|campagne|campana|campanha",
    "contacts.contact_id": "contact_id|contact|kontakt|contacto|contato",
    "batches.batch_id": "batch_id|batch|lot|charge|chargennr|lote",
    "events.event_id": "event_id",
    "events.activity": "activity|aktivitaet|activite|actividad|atividade|concept_name|step",
    "events.occurred_at": "timestamp|time|occurred_at|time_timestamp|zeit|zeitstempel",
}
# A key of another table is called in a file what it is called in its own.
_BORROWED = {
    "account_id": "accounts.account_id",
    "product_id": "products.product_id",
    "order_id": "orders.order_id",
    "line_id": "order_lines.line_id",
    "team_id": "teams.team_id",
    "deal_id": "deals.deal_id",
    "campaign_id": "campaigns.campaign_id",
    "contact_id": "contacts.contact_id",
    "batch_id": "batches.batch_id",
    "site_id": "order_lines.site_id",
}
_TRANSLITERATED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "ae", "Ö": "oe", "Ü": "ue"})


def plain(name: str) -> str:
    """A name in small letters with single underscores: "Kunden-Nr." is kunden_nr, "orderDate" order_date."""
    split = re.sub(r"(?<=[a-zà-ÿ0-9])(?=[A-ZÀ-Þ])", "_", name.translate(_TRANSLITERATED))
    bare = "".join(s for s in unicodedata.normalize("NFKD", split) if not unicodedata.combining(s))
    return re.sub(r"[^a-z0-9]+", "_", bare.lower()).strip("_")


def column_names(table: str, column: str) -> tuple[str, ...]:
    """The names under which a contract column is known, the contract's own first."""
    key = f"{table}.{column}"
    listed = _COLUMNS.get(key) or _COLUMNS.get(_BORROWED.get(column, ""), "")
    return (column, *(name for name in listed.split("|") if name and name != column))


def file_fits(table: str, file: str) -> bool:
    """Whether a file is called as files of this table are."""
    stem = re.sub(r"\.\w+$", "", file.rsplit("/", 1)[-1].rsplit("#", 1)[-1])
    name = plain(stem)
    patterns = (table, *_FILE_NAMES.get(table, "").split("|"))
    words = [name, *name.split("_")]
    return any(fnmatch.fnmatchcase(word, pattern) for pattern in patterns if pattern for word in words)


# What a file calls its own key when it is called after its rows: the "id" of "customers".
OWN_KEYS = ("id", "nr", "no", "number", "key", "code", "numero", "nummer")


def name_score(name: str, known: tuple[str, ...]) -> float:
    """How well a column's name fits: 1 the contract's own, 0.9 a known one, 0.7 or 0.6 nearly, else 0."""
    own = plain(name)
    squeezed = own.replace("_", "")
    if own == known[0]:
        return 1.0
    for candidate in known:
        if squeezed == candidate.replace("_", ""):
            return 0.9
    for candidate in known:
        # "customer_order_id" ends as "order_id"; single words such as "id" or "date" say too little.
        is_word = "_" not in candidate and len(candidate) > 3 and candidate not in OWN_KEYS
        if is_word and own.endswith("_" + candidate):
            return 0.6
        if "_" in candidate and (own.endswith("_" + candidate) or own.startswith(candidate + "_")):
            return 0.7
    return 0.0
