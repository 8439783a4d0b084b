/*
 * What the files of the JSON renderer share.  Values are new references, which JSON_SET and
 * json_emit take over.
 */
#ifndef MYNAH_CONTROL_JSONIMPL_H
#define MYNAH_CONTROL_JSONIMPL_H

#include <jansson.h>

#include "control/text.h"

#define JSON_SET(o, key, value) json_object_set_new((o), (key), (value))

/* One more element of the answer. */
void json_emit(struct control *, json_t *);

json_t *json_text(const char *); /* NULL: null; bytes that are no UTF-8: `?` */
json_t *json_num(uint64_t);
json_t *json_ip(const struct ip *); /* none: null */
json_t *json_id(uint32_t);	    /* as an address */
json_t *json_hop(const struct hop *);

/* Of struct render. */
void json_protocols(struct control *);
void json_protocol(struct control *, const struct protocol_record *, bool details);
void json_table(struct control *, const struct table_conf *, bool first);
void json_route(struct control *, const struct route_record *, bool attributes);
void json_plan(struct control *, const struct plan_record *, bool whole);
void json_trial(struct control *, const struct trial_record *);

#endif
