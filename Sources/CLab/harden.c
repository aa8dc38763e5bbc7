// Connections without what a hostile database could use.
#include <sqlite3.h>

#include "CLab.h"

void clab_harden(struct sqlite3 *db, int bytes) {
    static const char *kept[] = {"json_each", "json_tree", 0};
    sqlite3_drop_modules(db, kept);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
    sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
    sqlite3_db_config(db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0, (int *)0);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)0);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, (int *)0);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0, (int *)0);
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, (int *)0);
    sqlite3_limit(db, SQLITE_LIMIT_LENGTH, bytes);
}

void clab_bound_memory(int64_t bytes) {
    if (sqlite3_hard_heap_limit64(-1) == 0) sqlite3_hard_heap_limit64(bytes);
}
