"""One client of the paho library: subscribes, publishes at each quality of service, and says what came back.

Arguments: host, port, tcp or websockets, 3 or 5, topic. Writes one JSON object.
"""

import json
import sys

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

host, port, transport, version, topic = sys.argv[1:6]
five = version == "5"
client = mqtt.Client(
    client_id="paho-" + topic.replace("/", "-"),
    transport=transport,
    protocol=mqtt.MQTTv5 if five else mqtt.MQTTv311,
)
if transport == "websockets":
    client.ws_set_options(path="/mqtt")

arrived = []


def on_connect(client, userdata, flags, reason, properties=None):
    client.subscribe(topic, qos=2)


def on_subscribe(client, userdata, mid, granted, properties=None):
    for qos in (0, 1, 2):
        about = None
        if five:
            about = Properties(PacketTypes.PUBLISH)
            about.UserProperty = ("qos", str(qos))
            about.ContentType = "application/json"
        client.publish(topic, json.dumps({"n": qos}), qos=qos, properties=about)


def on_message(client, userdata, message):
    arrived.append({
        "qos": message.qos,
        "data": json.loads(message.payload),
        "user": dict(message.properties.UserProperty) if five else {},
        "type": message.properties.ContentType if five else "application/json",
    })
    if len(arrived) == 3:
        client.disconnect()


client.on_connect = on_connect
client.on_subscribe = on_subscribe
client.on_message = on_message
client.connect(host, int(port), keepalive=30)
client.loop_forever()
print(json.dumps(arrived))
