"""How the programs of these tests connect with Pika."""

import ssl

import pika


def connect(url, ca=None):
    parameters = pika.URLParameters(url)
    if ca is not None:
        context = ssl.create_default_context(cafile=ca)
        parameters.ssl_options = pika.SSLOptions(context, parameters.host)
    return pika.BlockingConnection(parameters)
