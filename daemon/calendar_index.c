/* See calendar_internal.h. The part is the hash's upper bits, for its lower ones choose the bucket. */

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "daemon/calendar_internal.h"

#define PART_SHIFT 26 /* of 32 bits; 6 are left */

static_assert(1U << (32 - PART_SHIFT) == INDEX_PARTS, "each upper part of a hash is a part");

static unsigned part_of(unsigned hash)
{
	return hash >> PART_SHIFT;
}

static unsigned hash_of(const void *key, size_t size)
{
	unsigned hash;

	HASH_VALUE(key, size, hash);
	return hash;
}

struct entry_node *calendar_index_find(const struct calendar_index *index,
				       enum calendar_entry_type type, int64_t id)
{
	unsigned hash = hash_of(&id, sizeof(id));
	struct entry_node *node;

	HASH_FIND_BYHASHVALUE(hh, index->by_id[type][part_of(hash)], &id, sizeof(id), hash, node);
	return node;
}

struct entry_node *calendar_index_find_ref(const struct calendar_index *index, const char *ref)
{
	size_t len = strlen(ref);
	unsigned hash = hash_of(ref, len);
	struct entry_node *node;

	HASH_FIND_BYHASHVALUE(by_ref, index->by_ref[part_of(hash)], ref, len, hash, node);
	return node;
}

int calendar_index_add(struct calendar_index *index, struct entry_node *node)
{
	size_t len = strlen(node->entry.ref);
	unsigned hash;

	node->id = node->entry.id;
	hash = hash_of(&node->id, sizeof(node->id));
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, index->by_id[node->entry.type][part_of(hash)], &node->id,
				    sizeof(node->id), hash, node);
	if (!node->hh.tbl)
		return -ENOMEM;
	hash = hash_of(node->entry.ref, len);
	HASH_ADD_KEYPTR_BYHASHVALUE(by_ref, index->by_ref[part_of(hash)], node->entry.ref, len,
				    hash, node);
	if (!node->by_ref.tbl) {
		HASH_DELETE(hh, index->by_id[node->entry.type][part_of(node->hh.hashv)], node);
		return -ENOMEM;
	}
	index->count++;
	return 0;
}

void calendar_index_remove(struct calendar_index *index, struct entry_node *node)
{
	HASH_DELETE(by_ref, index->by_ref[part_of(node->by_ref.hashv)], node);
	HASH_DELETE(hh, index->by_id[node->entry.type][part_of(node->hh.hashv)], node);
	index->count--;
}

struct entry_node *calendar_index_pop(struct calendar_index *index)
{
	for (int part = 0; part < INDEX_PARTS; part++) {
		struct entry_node *node = index->by_ref[part];

		if (node) {
			calendar_index_remove(index, node);
			return node;
		}
	}
	return NULL;
}
