// CLab: what Swift cannot call of SQLite (variadic functions), and the functions of SQL that take quadratic time in
// SQLite, in linear time.
//
// Every function takes a connection that the caller owns and keeps open meanwhile; none keeps a pointer to it.
// Threads: those of the connection.
#ifndef LYCEUM_CLAB_H
#define LYCEUM_CLAB_H

#include <stdint.h>

struct sqlite3;

// Takes from a connection what Lyceum's own tables never need and a hostile database file could use: triggers, views,
// virtual tables (but json_each and json_tree), functions in the schema that are not harmless, writing to the schema,
// replacing FTS3's tokenizers by pointers, extensions. A value may take `bytes` at most.
void clab_harden(struct sqlite3 *db, int bytes);

// For queries that a user writes: smaller limits, and instr, replace, trim, ltrim and rtrim that take linear time.
// SQLite's own compare every place with everything, in one step that nothing can interrupt. printf and format fail
// where a text would be too large; SQLite's own give NULL.
void clab_prepare_queries(struct sqlite3 *db);

// Bounds what SQLite may allocate in this process, all connections together, unless it is bounded already.
void clab_bound_memory(int64_t bytes);

#endif
