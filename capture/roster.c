#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "follow_keys.h"
#include "roster.h"

#define NONE UINT32_MAX
#define HEADS_MIN 256

/* One key of one member. */
struct place {
	uint64_t key;
	uint32_t member;
	uint32_t next;    /* with a key of the same head, or, of a free place, the next free one */
	uint32_t before;  /* whose next it is; NONE: the first of its head */
	uint32_t sibling; /* another of the same member */
};

struct member {
	struct follow *follow; /* NULL: free */
	void *owner;
	uint32_t first; /* its places */
	int is_for_all, is_called;
};

struct roster {
	struct member *members;
	size_t member_count, member_room;
	uint32_t *called; /* members, room for all of them */
	size_t called_count;
	struct place *places;
	uint32_t place_count, place_room, free_place; /* those from place_count on were never used */
	uint32_t *heads;
	uint32_t head_count; /* a power of two, as many as there may be places */
	int has_moved;       /* keys of a member may be others by now */
	size_t for_all_count;
	struct follow_keys keys;
};

struct roster *
roster_new(void)
{
	struct roster *r = calloc(1, sizeof(*r));

	if (r != NULL)
		r->free_place = NONE;
	return r;
}

void
roster_free(struct roster *r)
{
	if (r == NULL)
		return;
	free(r->members);
	free(r->called);
	free(r->places);
	free(r->heads);
	free(r);
}

static uint32_t *
head_of(struct roster *r, uint64_t key)
{
	return &r->heads[key & (r->head_count - 1)];
}

static void
link_place(struct roster *r, uint32_t i)
{
	uint32_t *head = head_of(r, r->places[i].key);

	r->places[i].before = NONE;
	r->places[i].next = *head;
	if (*head != NONE)
		r->places[*head].before = i;
	*head = i;
}

static void
unlink_place(struct roster *r, uint32_t i)
{
	const struct place *p = &r->places[i];

	*(p->before == NONE ? head_of(r, p->key) : &r->places[p->before].next) = p->next;
	if (p->next != NONE)
		r->places[p->next].before = p->before;
}

/* Room for twice as many, each under its head.  Return 0, or -1: all is as it was. */
static int
grow(struct roster *r)
{
	uint32_t count = r->head_count == 0 ? HEADS_MIN : r->head_count * 2, i, m;
	struct place *places;
	uint32_t *heads;

	if (count > UINT32_MAX / 2)
		return -1;
	places = reallocarray(r->places, count, sizeof(*places));
	if (places == NULL)
		return -1;
	r->places = places;
	heads = reallocarray(r->heads, count, sizeof(*heads));
	if (heads == NULL)
		return -1;
	r->heads = heads;
	r->head_count = r->place_room = count;
	for (i = 0; i < count; i++)
		heads[i] = NONE;
	for (m = 0; m < r->member_count; m++) {
		for (i = r->members[m].first; i != NONE; i = places[i].sibling)
			link_place(r, i);
	}
	return 0;
}

static int
put_key(struct roster *r, uint32_t member, uint64_t key)
{
	uint32_t i;

	if (r->free_place == NONE && r->place_count == r->place_room && grow(r) == -1)
		return -1;
	i = r->free_place;
	if (i == NONE)
		i = r->place_count++;
	else
		r->free_place = r->places[i].next;
	r->places[i] = (struct place){key, member, NONE, NONE, r->members[member].first};
	r->members[member].first = i;
	link_place(r, i);
	return 0;
}

static void
take_keys(struct roster *r, struct member *m)
{
	uint32_t i, next;

	for (i = m->first; i != NONE; i = next) {
		next = r->places[i].sibling;
		unlink_place(r, i);
		r->places[i].next = r->free_place;
		r->free_place = i;
	}
	m->first = NONE;
}

/* The keys of a member as they are now.  Where there is no room for them it is called for every message, until there is. */
static void
take_anew(struct roster *r, struct member *m)
{
	size_t i;

	take_keys(r, m);
	follow_keys(m->follow, &r->keys);
	m->is_for_all = r->keys.is_for_all;
	for (i = 0; i < r->keys.count && !m->is_for_all; i++)
		m->is_for_all = put_key(r, (uint32_t)(m - r->members), r->keys.at[i]) == -1;
}

int
roster_put(struct roster *r, struct follow *f, void *owner)
{
	struct member *grown;
	uint32_t *called;
	size_t i, room;

	for (i = 0; i < r->member_count && r->members[i].follow != NULL; i++)
		;
	if (i == r->member_room) {
		room = i == 0 ? 16 : i * 2;
		grown = reallocarray(r->members, room, sizeof(*grown));
		if (grown == NULL)
			return -1;
		r->members = grown;
		called = reallocarray(r->called, room, sizeof(*called));
		if (called == NULL)
			return -1;
		r->called = called;
		r->member_room = room;
	}
	r->members[i] = (struct member){f, owner, NONE, 0, 0};
	if (i == r->member_count)
		r->member_count++;
	follow_watch(f, &r->has_moved);
	r->has_moved = 1;
	return 0;
}

/* Nobody is called any more. */
static void
dismiss(struct roster *r)
{
	while (r->called_count > 0)
		r->members[r->called[--r->called_count]].is_called = 0;
}

void
roster_drop(struct roster *r, struct follow *f)
{
	size_t i;

	dismiss(r);
	for (i = 0; i < r->member_count; i++) {
		if (r->members[i].follow != f)
			continue;
		take_keys(r, &r->members[i]);
		memset(&r->members[i], 0, sizeof(r->members[i]));
		r->members[i].first = NONE;
		follow_watch(f, NULL);
	}
}

static void
call(struct roster *r, uint32_t i)
{
	struct member *m = &r->members[i];

	if (m->follow == NULL || m->is_called)
		return;
	m->is_called = 1;
	r->called[r->called_count++] = i;
}

/* Look again at those who may have other keys by now. */
static void
catch_up(struct roster *r)
{
	struct member *m;
	size_t i;

	r->has_moved = 0;
	r->for_all_count = 0;
	for (i = 0; i < r->member_count; i++) {
		m = &r->members[i];
		if (m->follow == NULL)
			continue;
		if (follow_has_moved(m->follow))
			take_anew(r, m);
		r->for_all_count += m->is_for_all != 0;
	}
}

static void
call_by(struct roster *r, uint64_t key)
{
	uint32_t i;

	for (i = *head_of(r, key); i != NONE; i = r->places[i].next) {
		if (r->places[i].key == key)
			call(r, r->places[i].member);
	}
}

size_t
roster_call(struct roster *r, const struct follow_message *m, const struct follow_frame *frame)
{
	size_t i;

	dismiss(r);
	if (r->has_moved)
		catch_up(r);
	follow_message_keys(m, frame, &r->keys);
	for (i = 0; i < r->member_count && (r->keys.is_for_all || r->for_all_count > 0); i++) {
		if (r->keys.is_for_all || r->members[i].is_for_all)
			call(r, (uint32_t)i);
	}
	for (i = 0; i < r->keys.count && r->head_count > 0; i++)
		call_by(r, r->keys.at[i]);
	return r->called_count;
}

void *
roster_called(const struct roster *r, size_t i)
{
	return r->members[r->called[i]].owner;
}
