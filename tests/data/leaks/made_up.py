"""A small benchmark in tau2-bench's shape, made up here: a ferry company and a telephone company."""

import json
from pathlib import Path
from typing import Any

USER = {
    "user_id": "orla_pennywhistle_8213",
    "name": {"first_name": "Orla", "last_name": "Pennywhistle"},
    "address": {
        "address1": "417 Driftwood Parade",
        "address2": "Suite 12",
        "city": "Bergen",
        "state": "WA",
        "zip": "98101",
    },
    "email": "orla.pennywhistle5521@example.com",
    "payment_methods": {
        "credit_card_7710034": {"source": "credit_card", "id": "credit_card_7710034", "last_four": "9911"},
        "certificate_8800127": {"source": "certificate", "id": "certificate_8800127", "amount": 100.0},
    },
    "saved_passengers": [{"first_name": "Tycho", "last_name": "Underhill", "dob": "1971-03-09"}],
    "orders": ["#W7654321"],
    "reservations": ["Q7XK2P", "ZQXJKV"],
}
ORDER = {
    "order_id": "#W7654321",
    "user_id": "orla_pennywhistle_8213",
    "items": [{"name": "Deck Chair", "product_id": "8642097531", "item_id": "7531086429", "price": 30.5}],
    "fulfillments": [{"tracking_id": ["731904628855"], "item_ids": ["7531086429"]}],
    "status": "delivered",
}
FERRIES = {
    "users": {"orla_pennywhistle_8213": USER},
    "orders": {"#W7654321": ORDER},
    "sailings": {"FRY204": {"flight_number": "FRY204", "origin": "SEA", "destination": "BRG"}},
}
PHONES = """
[[customers]]
customer_id = "C7701"
full_name = "Benedikt Ashgrove"
email = "b.ashgrove@example.com"
phone_number = "555-777-4410"
line_ids = ["L7703"]
bill_ids = ["B7704"]

[customers.address]
street = "9 Lantern Steps"
city = "Hull"

[[devices]]
device_id = "D7705"
imei = "358812004477310"
"""
SCENARIO = (
    "You sold your caravan last weekend, so the vehicle space on the Thursday ferry is of no use to you any longer. "
    "Ask whether the cabin with the porthole can be kept while the caravan is taken off the booking. "
    "If the agent mentions a fee of more than forty crowns, grumble a little but accept it in the end."
)
TICKET = "Benedikt reports that his handset drops every call as soon as the tram enters the tunnel below the castle."
POLICY = (
    "# Rules of the quay\n\nA vehicle space may be given up free of charge until noon on the day before departure, and "
    "afterwards only against a fee of thirty crowns per started metre of length.\n"
)
SAID = (
    "I have taken the caravan off your Thursday sailing and kept the porthole cabin for you, so thirty crowns per "
    "metre will appear on your statement within the week."
)
COMMON = "Thank you so much for your patience, is there anything else that I can do for you today?"


def task(number: str, text: str, **more: Any) -> dict[str, Any]:
    """Return a task of the benchmark."""
    call = {
        "action_id": f"{number}_0",
        "name": "find_user",
        "arguments": {"first_name": "Marguerite", "last_name": "Thistlewood", "zip": "98101"},
    }
    scenario = {"persona": None, "instructions": {"task_instructions": text, "domain": "ferries"}}
    return {"id": number, "user_scenario": scenario, "evaluation_criteria": {"actions": [call]}, **more}


def run(number: str, *said: str) -> dict[str, Any]:
    """Return a recorded run."""
    greeting = {"role": "assistant", "content": "Ahoy, what can we do for you?"}
    result = {"role": "tool", "content": json.dumps(ORDER), "id": "call_1"}
    messages = [greeting, result, *({"role": "assistant", "content": text} for text in said)]
    return {"domain": "ferries", "task_id": number, "messages": messages, "task": None}


def write_benchmark(folder: Path) -> Path:
    """Write it and return the folder."""
    ferries, phones = folder / "domains" / "ferries", folder / "domains" / "phones"
    for made in (ferries, phones, folder / "trajectories"):
        made.mkdir(parents=True)
    (ferries / "db.json").write_text(json.dumps(FERRIES))
    (ferries / "tasks.json").write_text(json.dumps([task("1", SCENARIO), task("2", "Buy a ticket.")]))
    (ferries / "policy.md").write_text(POLICY)
    (phones / "db.toml").write_text(PHONES)
    named = task("[signal]tunnel_drops_calls[PERSONA:Easy]", "Call from the tram.", ticket=TICKET)
    (phones / "tasks.json").write_text(json.dumps([named]))
    (phones / "main_policy.md").write_text("Be kind.\n")
    runs = [run("1", SAID, COMMON), run("2", COMMON), run("3", COMMON)]
    (folder / "trajectories" / "ferries.jsonl").write_text("".join(json.dumps(one) + "\n" for one in runs))
    return folder
