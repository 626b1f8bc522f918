"""Who may reach which address. Written as a statement of intent; `test_permissions.py` compares it with the product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

OWNER = frozenset({"owner"})
LEADS = OWNER | {"lead"}
WRITERS = LEADS | {"contributor"}
STAFF = WRITERS | {"observer"}
TALKERS = WRITERS | {"partner", "customer"}
ALL = STAFF | {"partner", "customer"}
PUBLIC = frozenset({"visitor"})


@dataclass(frozen=True)
class Row:
    """Roles by method; `post` None where the address has no writing."""

    roles: frozenset[str]
    post: frozenset[str] | None = None
    only_post: bool = False
    methods: tuple[str, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        methods = ("post",) if self.only_post else ("get", "post") if self.post is not None else ("get",)
        object.__setattr__(self, "methods", methods)

    def by_method(self) -> Iterator[tuple[str, frozenset[str]]]:
        for method in self.methods:
            yield method, self.roles if method == "get" or self.post is None else self.post


def writes(roles: frozenset[str]) -> Row:
    """An address that only takes POST."""
    return Row(roles, only_post=True)


_ACCOUNT_PUBLIC = [
    "account_login",
    "account_signup",
    "account_logout",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_confirm_email",
    "account_email_verification_sent",
    "account_confirm_login_code",
    "web:by_no_mail",
    "mfa_authenticate",
    "mfa_login_webauthn",
]
_ACCOUNT_OWN = [
    "account_change_password",
    "account_set_password",
    "account_email",
    "account_reauthenticate",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_reauthenticate_webauthn",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_generate_recovery_codes",
    "mfa_view_recovery_codes",
    "mfa_download_recovery_codes",
    "mfa_list_webauthn",
    "mfa_add_webauthn",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
]

POLICY: dict[str, Row] = {
    **{name: Row(PUBLIC) for name in _ACCOUNT_PUBLIC},
    **{name: Row(ALL) for name in _ACCOUNT_OWN},
    # Programs come with a token or a signature, never with a session: tests/api holds who may do what.
    **{
        f"api:{name}": Row(PUBLIC)
        for name in ("signals", "signal", "hook", "unknown", "status_json", "description")
    },
    "api:status": Row(STAFF),
    "api:refused": Row(WRITERS),
    "api:keys": Row(LEADS, LEADS),
    **{f"api:{name}": writes(LEADS) for name in ("revoke", "webhook", "secret", "fields")},
    "web:welcome": Row(PUBLIC),
    "web:sign_on": Row(PUBLIC),
    "web:sign_on_back": Row(PUBLIC),
    "web:sign_on_connect": writes(ALL),
    "web:sign_on_disconnect": writes(ALL),
    "web:today": Row(ALL),
    "web:context": Row(STAFF),
    "web:more": Row(ALL),
    "web:search": Row(ALL),
    "web:theme": writes(PUBLIC),
    "web:shortcuts": writes(ALL),
    "web:gallery": Row(ALL),
    "web:live": Row(ALL),
    "web:themes": Row(STAFF),
    "web:themes_csv": Row(WRITERS),
    "web:one_theme": Row(STAFF),
    "web:theme_feed": Row(PUBLIC),  # by the secret address of a colleague's calendar
    "web:talk_about_theme": Row(WRITERS, WRITERS),
    "web:answer_theme": Row(WRITERS, WRITERS),
    "web:answer_round": Row(STAFF),
    "web:take_round_back": writes(WRITERS),
    "web:theme_decision": writes(WRITERS),
    "web:decide_theme": writes(WRITERS),
    "web:change_theme": writes(WRITERS),
    "web:undo_theme_change": writes(WRITERS),
    "web:theme_names": Row(STAFF),
    "web:try_theme_names": writes(OWNER),
    "web:place_signal": Row(WRITERS, WRITERS),
    "loop:ledger": Row(STAFF),
    "loop:rows": Row(STAFF),
    "loop:tell": Row(WRITERS, WRITERS),
    "loop:show": Row(WRITERS, WRITERS),
    "loop:withdraw": writes(WRITERS),
    # Whoever holds the link; nobody needs to sign in to say yes or no, nor to read what was released.
    "loop:answer": Row(PUBLIC),
    # Anybody may ask for letters; only the link in a mail starts and stops them.
    **{f"loop:{name}": Row(PUBLIC) for name in ("follow", "start_letters", "stop_letters")},
    # What I get, asked of whoever signs in; stopping it needs only the signed link of a mail.
    "notices:choices": Row(PUBLIC),
    "notices:stop": Row(PUBLIC),
    "notices:replies": Row(LEADS),
    "notices:chats": Row(LEADS, post=LEADS),
    "notices:chat": Row(LEADS, post=LEADS),
    "notices:act_on_chat": writes(LEADS),
    # Like what I get; the file is read by whoever knows its signed address.
    "notices:change_calendar": writes(PUBLIC),
    "notices:calendar": Row(PUBLIC),
    **{f"loop:you_said{name}": Row(PUBLIC) for name in ("", "_feed", "_rows", "_part")},
    "loop:say": writes(PUBLIC),
    "web:outcries": Row(STAFF),
    "web:outcries_csv": Row(WRITERS),
    "web:one_outcry": Row(STAFF),
    "web:judge_outcry": writes(WRITERS),
    "web:undo_outcry_verdict": writes(WRITERS),
    "web:take_outcry_out": writes(WRITERS),
    "web:put_outcry_back": writes(WRITERS),
    "web:talk_about_outcry": Row(WRITERS, WRITERS),
    "web:outcry_watch": Row(STAFF),
    **{f"web:outcry_{name}": writes(OWNER) for name in ("budget", "telling", "try", "past")},
    "web:work": Row(LEADS),
    "web:work_again": writes(LEADS),
    "web:work_drop": writes(LEADS),
    "web:people": Row(STAFF),
    "web:organisations": Row(STAFF),
    # A partner sees their own organisation and its people; whose else it is, is as absent as what is not there.
    "web:organisation": Row(STAFF | {"partner"}),
    "web:person": Row(STAFF | {"partner"}),
    "web:invitations": Row(WRITERS, WRITERS),
    "web:renew_invitation": writes(WRITERS),
    "web:withdraw_invitation": writes(WRITERS),
    "web:change_person": Row(OWNER, OWNER),
    "web:customer_too": writes(LEADS),
    "web:customer_no_more": writes(LEADS),
    "web:away": writes(WRITERS | {"partner"}),
    "web:renew": writes(OWNER),
    "web:end_access": writes(OWNER),
    "listen:signals": Row(STAFF),
    "listen:signal": Row(STAFF),
    "listen:signals_csv": Row(WRITERS),
    "listen:waiting": Row(STAFF),
    "listen:waiting_csv": Row(WRITERS),
    "listen:capture": Row(WRITERS, WRITERS),
    **{
        f"listen:{name}": writes(WRITERS)
        for name in (
            "answer",
            "draft",
            "step",
            "take_up_again",
            "take_back",
            "settle",
            "undo_capture",
            "correct",
            "undo_correction",
            "correct_language",
            "undo_language",
        )
    },
    "listen:sources": Row(STAFF),
    "listen:sources_csv": Row(WRITERS),
    "listen:source": Row(STAFF),
    "listen:source_refused": Row(STAFF),
    "listen:connect": Row(LEADS),
    "listen:new_source": Row(LEADS, LEADS),
    "listen:source_settings": Row(LEADS, LEADS),
    "listen:access": Row(LEADS),
    "listen:access_given": Row(LEADS),
    "listen:source_try": writes(LEADS),
    "listen:source_act": writes(LEADS),
    "listen:undo_batch": writes(LEADS),
    "listen:put_back_batch": writes(LEADS),
    "listen:import": Row(STAFF),
    "listen:progress": Row(STAFF),
    "listen:refused": Row(WRITERS),
    "listen:upload": Row(LEADS, LEADS),
    "listen:demo": writes(LEADS),
    "listen:remove": writes(LEADS),
    "listen:columns": writes(LEADS),
    "listen:keep_mapping": writes(LEADS),
    "listen:stop": writes(LEADS),
    "listen:again": writes(LEADS),
    "listen:undo": writes(LEADS),
    **{f"reconnect:{name}": Row(STAFF) for name in ("disconnects", "disconnect", "rows", "drivers")},
    "reconnect:rows_file": Row(WRITERS),
    "reconnect:judge": writes(WRITERS),
    "reconnect:undo_judgement": writes(WRITERS),
    "reconnect:dismiss": writes(LEADS),
    "reconnect:undo_dismissal": writes(LEADS),
    "reconnect:acknowledge": writes(WRITERS),
    "reconnect:safety": writes(WRITERS),
    "reconnect:together": Row(WRITERS, WRITERS),
    "reconnect:invite": writes(LEADS),
    # Customers read and write without the door of staff; what is held or not open yet is absent for them.
    **{
        f"community:{name}": Row(PUBLIC)
        for name in (
            "robots",
            "list",
            "board",
            "post",
            "short",
            "tell",
            "kept",
            "enter",
            "code",
            "mine",
            "search",
            "reply",
            "same",
            "feed",
            "board_feed",
            "sitemap",
            "sitemap_part",
        )
    },
    **{f"community:{name}": writes(PUBLIC) for name in ("leave", "vote", "follow", "near")},
    "community:queue": Row(STAFF),
    **{
        f"community:{name}": Row(WRITERS)
        for name in ("moderation", "moderation_log", "moderation_file", "case")
    },
    **{f"community:{name}": Row(WRITERS, WRITERS) for name in ("doings", "merge", "split")},
    "community:policy": Row(LEADS, LEADS),
    **{
        f"community:{name}": writes(WRITERS)
        for name in (
            "many",
            "judge",
            "look_at_post",
            "look_at_reply",
            "undo_sweep",
            "undo_merge",
            "undo_split",
            "answer",
            "status",
        )
    },
    # Authors and readers: a visitor is sent to the customers' door, what is somebody else's is absent.
    **{
        f"community:{act}_{said}": Row(PUBLIC)
        for act in ("reword", "take_away", "report", "appeal")
        for said in ("post", "reply")
    },
    **{f"community:{name}": Row(PUBLIC) for name in ("mail", "erase", "kept_copy")},
    # Other sites ask without a session; tests/converse/community/test_widget.py holds which of them may.
    **{f"widget:{name}": Row(PUBLIC) for name in ("script", "panel")},
    "widget:mine": writes(PUBLIC),
    "widget:settings": Row(LEADS, LEADS),
    "widget:new_key": writes(OWNER),
    "community:settings": Row(LEADS),
    "community:company": writes(OWNER),
    "community:roster": Row(LEADS, LEADS),
    "community:new_board": writes(LEADS),
    "community:board_settings": Row(LEADS, LEADS),
    "community:open_board": writes(LEADS),
    "community:bringings": Row(LEADS, LEADS),
    **{f"community:{name}": Row(LEADS) for name in ("bringing", "bringing_moving", "bringing_refused")},
    **{f"community:{name}": writes(LEADS) for name in ("bring", "undo_bringing")},
    "converse:conversations": Row(TALKERS),
    # Whoever takes part or reads for the company; everybody else gets the same 404 as for what is not there.
    "converse:conversation": Row(ALL),
    "converse:evidence_file": Row(WRITERS),
    "converse:check_evidence": Row(STAFF),
    **{
        f"converse:{name}": writes(TALKERS)
        for name in (
            "say",
            "decide",
            "commit",
            "close",
            "park",
            "resume",
            "settle",
            "postpone",
            "look_again",
            "take_stance",
            "edit_message",
            "undo_edit",
            "remove_message",
            "restore_message",
            "take_back",
            "react",
            "draft",
            "bring_picture",
        )
    },
    **{f"converse:{name}": Row(ALL) for name in ("line", "arrived", "wordings", "picture")},
    "converse:people": Row(TALKERS),
    "converse:widen": Row(TALKERS, TALKERS),
    **{f"converse:{name}": writes(WRITERS) for name in ("start", "frame", "ask_in", "ask_out")},
    **{
        f"converse:{name}": writes(WRITERS)
        for name in (
            "attach",
            "ask_choice",
            "add_option",
            "amend_option",
            "add_ground",
            "remove_ground",
            "answer_objection",
            "choose",
            "leave_choice",
            "correct_decision",
            "take_decision_back",
        )
    },
}
