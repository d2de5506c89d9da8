"""Forms made from a JSON Schema. Pure; the widget is `widgets/form_answer.py`."""
