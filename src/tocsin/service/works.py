"""The explicit list of all work that the queue may hold, how it is done, and what is daily."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from tocsin.service.accounts.sessions import CLEAR, CLEARING
from tocsin.service.api.checking import FORGET as FORGET_API
from tocsin.service.api.checking import FORGETTING as FORGETTING_API
from tocsin.service.api.query import indexing
from tocsin.service.delivery import proof_of_life
from tocsin.service.delivery import pruning as delivery_pruning
from tocsin.service.delivery.bounces import refusals
from tocsin.service.delivery.brake import telling as brake
from tocsin.service.delivery.brake.correcting import CORRECT, CORRECTING
from tocsin.service.delivery.checking import CHECK as CHECK_NIGHT
from tocsin.service.delivery.checking import CHECKING as CHECKING_NIGHT
from tocsin.service.delivery.planning import PLAN, PLANNING
from tocsin.service.delivery.taking import TAKE, TAKING
from tocsin.service.letters.send import SENDING
from tocsin.service.letters.staff import TELL_REST, TELLING_REST
from tocsin.service.letters.write import SEND
from tocsin.service.mailbox import pruning
from tocsin.service.mailbox.read_message import READING
from tocsin.service.mailbox.recover import RECOVER, RECOVERING
from tocsin.service.mailbox.store import READ
from tocsin.service.subscribers import people
from tocsin.service.subscribers.cases import daily as cases_daily
from tocsin.service.subscribers.lists import known_types
from tocsin.service.subscribers.recipients import daily as recipients_daily
from tocsin.service.subscribers.recipients import keys_daily
from tocsin.service.subscribers.requests import old_drafts
from tocsin.service.subscribers.snapshots import due
from tocsin.service.verification import files_daily, origins_daily
from tocsin.service.verification.checking import CHECKING_CONTACT
from tocsin.service.verification.claims import CHECK, LOOK_UP, LOOKING_UP
from tocsin.service.verification.comparison import (
    COMPARE,
    COMPARE_DAILY,
    COMPARING,
    COMPARING_DAILY,
)
from tocsin.service.verification.expiring import EXPIRE_DAILY, EXPIRING_DAILY
from tocsin.service.verification.offering import CHECK_PROOFS, TELL_WAYS
from tocsin.service.verification.other_proofs import CHECKING, TELLING_WAYS
from tocsin.service.webhooks.calling import POSTING
from tocsin.service.webhooks.hooks import POST
from tocsin.service.work.worker import Work

WORKS: Mapping[str, Work] = {
    SEND: SENDING,
    TELL_REST: TELLING_REST,
    LOOK_UP: LOOKING_UP,
    CHECK: CHECKING_CONTACT,
    COMPARE: COMPARING,
    COMPARE_DAILY: COMPARING_DAILY,
    origins_daily.COMPARE_ORIGINS: origins_daily.COMPARING_ORIGINS,
    files_daily.COMPARE_FILES: files_daily.COMPARING_FILES,
    EXPIRE_DAILY: EXPIRING_DAILY,
    READ: READING,
    RECOVER: RECOVERING,
    pruning.PRUNE: pruning.PRUNING,
    CHECK_PROOFS: CHECKING,
    TELL_WAYS: TELLING_WAYS,
    people.ACTIVATE: people.ACTIVATING,
    old_drafts.DROP: old_drafts.DROPPING,
    due.WRITE: due.WRITING,
    due.WRITE_DAILY: due.WRITING,
    known_types.COMPARE: known_types.COMPARING,
    recipients_daily.LOOK_AFTER: recipients_daily.LOOKING_AFTER,
    keys_daily.LOOK_AFTER: keys_daily.LOOKING_AFTER,
    cases_daily.COUNT: cases_daily.COUNTING,
    CLEAR: CLEARING,
    FORGET_API: FORGETTING_API,
    TAKE: TAKING,
    CHECK_NIGHT: CHECKING_NIGHT,
    PLAN: PLANNING,
    delivery_pruning.PRUNE: delivery_pruning.PRUNING,
    indexing.INDEX: indexing.INDEXING,
    brake.REMIND: brake.REMINDING,
    CORRECT: CORRECTING,
    proof_of_life.TELL: proof_of_life.TELLING,
    refusals.LOOK_AT: refusals.LOOKING_AT,
    POST: POSTING,
}

DAILY: Mapping[str, dt.time] = {
    EXPIRE_DAILY: dt.time(5),
    files_daily.COMPARE_FILES: dt.time(5, 30),
    COMPARE_DAILY: dt.time(6),
    origins_daily.COMPARE_ORIGINS: dt.time(6),
    RECOVER: dt.time(3, 0),
    pruning.PRUNE: pruning.DAILY_AT,
    old_drafts.DROP: dt.time(3, 0),
    due.WRITE_DAILY: due.DAILY_AT,
    known_types.COMPARE: known_types.DAILY_AT,
    recipients_daily.LOOK_AFTER: recipients_daily.DAILY_AT,
    keys_daily.LOOK_AFTER: keys_daily.DAILY_AT,
    cases_daily.COUNT: cases_daily.DAILY_AT,
    CLEAR: dt.time(3, 40),
    delivery_pruning.PRUNE: delivery_pruning.DAILY_AT,
    indexing.INDEX: indexing.DAILY_AT,
    FORGET_API: dt.time(3, 45),
    brake.REMIND: brake.DAILY_AT,
    proof_of_life.TELL: proof_of_life.DAILY_AT,
    refusals.LOOK_AT: refusals.DAILY_AT,
}
"""Kinds of work that are done every day, from a time of day on (UTC)."""
