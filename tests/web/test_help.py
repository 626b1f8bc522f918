"""What stands below a field as help."""

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.template import Context, Template


def shown(help_text):
    class Asked(forms.Form):
        name = forms.CharField(help_text=help_text)

    return Template("{% load components %}{% field form.name %}").render(Context({"form": Asked()}))


def test_words_with_signs_are_words():
    assert "It leads to &lt;b&gt;example&lt;/b&gt;." in shown("It leads to <b>example</b>.")


def test_the_list_of_what_a_password_needs_is_a_list():
    assert "<li>" in shown(password_validators_help_text_html())
