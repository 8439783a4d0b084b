/*
 * Tokens to a syntax tree.  Statements of the configuration are words, values and
 * blocks: what they mean is said in the tables of `conf`.  The filter language is parsed
 * here in full, in the syntax of BIRD 1.6 and 2.  Actions only call constructors.
 */
%code requires {
#include "lang/source.h"
}

%define api.pure full
%define api.prefix {mynah_}
%define api.token.prefix {TOK_}
%define api.location.type {struct place}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {struct source *src}

%union {
	const char *text;
	uint32_t num;
	struct ip *ip;	 /* in the tree: what is moved about is small */
	struct net *net;
	struct ast *ast;
	struct arg *arg;
	struct args *args;
	struct stmt *stmt;
	struct stmts *stmts;
}

%code {
#include <stdio.h>
#include <string.h>

#include "lang/token.h"

#define YYLLOC_DEFAULT(cur, rhs, n) \
	((cur) = (n) ? YYRHSLOC(rhs, 1) : YYRHSLOC(rhs, 0))
#define A src->tree

static void mynah_error(const struct place *, struct source *, const char *);
}

%token START_CONFIG START_EXPR START_FILTER
%token <text> WORD "name" TEXT "string" BYTES "byte string" ENUM "constant"
%token <text> RD "route distinguisher" EMPTY "empty list" FLOW
%token <num> NUM "number"
%token <ip> IP "address"
%token <net> NET "prefix"
%token INCLUDE "'include'" /* where it is none: nowhere allowed */
%token DEFINE "'define'" EVAL "'eval'" FILTER "'filter'" FUNCTION "'function'"
%token PROTOCOL "'protocol'" TEMPLATE "'template'" WHERE "'where'"
%token <text> BY "'by'" ACCEPT "'accept'" CASE "'case'" DO "'do'" ELSE "'else'" ENUMTYPE "'enum'"
%token <text> FALSE "'false'" FOR "'for'" IF "'if'" IN "'in'" KW_ERROR "'error'"
%token <text> PRINT "'print'" PRINTN "'printn'" REJECT "'reject'" RETURN "'return'"
%token <text> ROUTE "'route'" SET "'set'" THEN "'then'" TIMEFORMAT TRUE "'true'" UNSET "'unset'"
%token ELSECOL "'else:'" DDOT "'..'" AND "'&&'" OR "'||'" NE "'!='" NOMATCH "'!~'" LE "'<='"
%token GE "'>='" ARROW "'->'" CONCAT "'++'" PO "'[='" PC "'=]'"

%nonassoc THEN
%nonassoc ELSE
%left AND OR
%nonassoc '=' NE '<' LE '>' GE '~' NOMATCH
%left '&' '|'
%left '+' '-' CONCAT
%left '*' '/'
%left '!'
%left '.'

%type <stmts> items
%type <stmt> top named item
%type <args> args targs rargs phead thead
%type <arg> atom0 atom1 tail block flow body
%type <text> name later word kept other punct type typearg method
%type <ast> expr primary list list0 calls call set set_items set_item set_atom set_end label
%type <ast> atom
%type <ast> evpn label_atom labels tuple comp mask mask_items mask_item
%type <ast> cmds cmd group decl decls decls1 params params1 param arms arm opt_init message

%%

start:
	START_CONFIG tops	{ src->block = block_new(src, &@1, &@1, &src->tops); }
|	START_CONFIG tops error	{ src->block = block_new(src, &@1, &@1, &src->tops); }
|	START_EXPR expr		{ src->expr = $2; }
|	START_FILTER tail	{ src->filter = $2; }
|	START_FILTER word	{ src->filter = arg_text(src, ARG_WORD, &@2, $2); }
;

/* --- the file */

tops:
	%empty
|	tops top		{ top_add(src, $2); }
;

top:
	';'			{ $$ = stmt_words(src, NULL, &@1, false); }
|	targs ';'		{ $$ = stmt_words(src, $1, &@2, false); }
|	targs block		{ $$ = stmt_words(src, args_add(src, $1, $2), &@2, false); }
|	targs named		{ $$ = stmt_words(src, $1, &@2, true); $$->next = $2; }
|	named
|	TIMEFORMAT targs ';'	{ $$ = stmt_words(src, args_first(src, &@1, $1, $2), &@3, false); }
|	TIMEFORMAT PROTOCOL targs ';'
	{ $$ = stmt_words(src, args_first(src, &@1, $1, args_first(src, &@2, "protocol", $3)),
	      &@4, false); }
|	TIMEFORMAT ROUTE targs ';'
	{ $$ = stmt_words(src, args_first(src, &@1, $1, args_first(src, &@2, $2, $3)),
	      &@4, false); }
|	FILTER name NUM NUM ';'
	{ $$ = stmt_words(src, args_first(src, &@1, "filter", args_first(src, &@2, $2,
	      args_add(src, args_add(src, NULL, arg_num(src, &@3, $3)),
		  arg_num(src, &@4, $4)))), &@5, false); }
|	EVAL expr ';'		{ $$ = stmt_eval(src, &@1, $2); }
|	EVAL expr named		{ $$ = stmt_eval(src, &@1, $2); $$->next = $3; }
|	error ';'		{ $$ = NULL; yyerrok; }
|	error '}'		{ $$ = NULL; }
;

/* What may follow a table without a semicolon, too. */
named:
	phead block		{ $$ = stmt_proto(src, &@1, false, $1, $2); }
|	thead block		{ $$ = stmt_proto(src, &@1, true, $1, $2); }
|	DEFINE name '=' expr ';'
	{ $$ = stmt_def(src, DEF_CONST, &@2, $2, NULL, NULL, NULL, $4); }
|	FILTER name decls group
	{ $$ = stmt_def(src, DEF_FILTER, &@2, $2, NULL, NULL, $3, $4); }
|	FUNCTION name '(' params ')' typearg decls group
	{ $$ = stmt_def(src, DEF_FUNCTION, &@2, $2, $6, $4, $7, $8); }
;

phead:
	PROTOCOL targs		{ $$ = proto_named(src, $2); }
;

thead:
	TEMPLATE targs		{ $$ = proto_named(src, $2); }
;

/* Arguments of statements are most of a large file.  What most of them are is named in the
 * lists, which saves the reductions of `atom0`. */
targs:
	WORD			{ $$ = args_add(src, NULL, arg_text(src, ARG_WORD, &@1, $1)); }
|	FLOW			{ $$ = args_add(src, NULL, arg_text(src, ARG_WORD, &@1, $1)); }
|	atom0			{ $$ = args_add(src, NULL, $1); }
|	targs WORD		{ $$ = args_add(src, $1, arg_text(src, ARG_WORD, &@2, $2)); }
|	targs other		{ $$ = args_add(src, $1, arg_text(src, ARG_WORD, &@2, $2)); }
|	targs atom0		{ $$ = args_add(src, $1, $2); }
;

other:
	FLOW | ROUTE
;

block:
	'{' items '}'		{ $$ = arg_block(src, ARG_BLOCK, &@1, NULL,
				      block_new(src, &@1, &@3, $2)); }
|	'{' items args '}'	{ $$ = arg_block(src, ARG_BLOCK, &@1, NULL, block_new(src, &@1, &@4,
				      stmts_add(src, $2, stmt_words(src, $3, &@4, true)))); }
|	'{' items args tail '}'	{ $$ = arg_block(src, ARG_BLOCK, &@1, NULL, block_new(src, &@1, &@5,
				      stmts_add(src, $2, stmt_words(src,
					  args_add(src, $3, $4), &@5, true)))); }
|	'{' items error '}'	{ $$ = arg_block(src, ARG_BLOCK, &@1, NULL,
				      block_new(src, &@1, &@4, $2)); }
;

items:
	%empty			{ $$ = NULL; }
|	items args ';'
	{ $$ = stmts_add(src, $1, stmt_words(src, $2, &@3, false)); }
|	items item		{ $$ = block_add(src, $1, $2, yychar == TOK_MYNAH_EMPTY); }
;

item:
	';'			{ $$ = stmt_words(src, NULL, &@1, false); }
|	args tail ';'		{ $$ = stmt_words(src, args_add(src, $1, $2), &@3, false); }
|	tail ';'		{ $$ = stmt_words(src, args_add(src, NULL, $1), &@2, false); }
|	args tail error ';'
	{ $$ = stmt_words(src, args_add(src, $1, $2), &src->nowhere, true); }
|	args BY body ';'	{ $$ = stmt_words(src, args_add(src, $1, $3), &@4, false); }
|	ROUTE rargs ';'
	{ $$ = stmt_words(src, $2, &@3, false); }
|	ROUTE rargs body ';'
	{ $$ = stmt_words(src, args_add(src, $2, $3), &@4, false); }
|	error ';'		{ $$ = NULL; yyerrok; }
;

/* A route ends in statements of the filter language, not in a block of options. */
rargs:
	%empty			{ $$ = args_add(src, NULL,
				      arg_text(src, ARG_WORD, &src->at, "route")); }
|	rargs WORD		{ $$ = args_add(src, $1, arg_text(src, ARG_WORD, &@2, $2)); }
|	rargs atom0		{ $$ = args_add(src, $1, $2); }
|	rargs flow		{ $$ = args_add(src, $1, $2); }
|	rargs ROUTE		{ $$ = args_add(src, $1, arg_text(src, ARG_WORD, &@2, $2)); }
;

flow:
	FLOW '{' items '}'	{ $$ = arg_block(src, ARG_FLOW, &@1, $1,
				      block_new(src, &@2, &@4, $3)); }
;

body:
	group			{ $$ = arg_expr(src, ARG_BODY, &@1, $1); }
;

args:
	WORD			{ $$ = args_add(src, NULL, arg_text(src, ARG_WORD, &@1, $1)); }
|	FLOW			{ $$ = args_add(src, NULL, arg_text(src, ARG_WORD, &@1, $1)); }
|	atom0			{ $$ = args_add(src, NULL, $1); }
|	args WORD		{ $$ = args_add(src, $1, arg_text(src, ARG_WORD, &@2, $2)); }
|	args other		{ $$ = args_add(src, $1, arg_text(src, ARG_WORD, &@2, $2)); }
|	args NUM		{ $$ = args_add(src, $1, arg_num(src, &@2, $2)); }
|	args TEXT		{ $$ = args_add(src, $1, arg_text(src, ARG_TEXT, &@2, $2)); }
|	args IP			{ $$ = args_add(src, $1, arg_ip(src, &@2, $2)); }
|	args atom1		{ $$ = args_add(src, $1, $2); }
|	args block		{ $$ = args_add(src, $1, $2); }
;

/* but for plain words */
atom0:
	NUM			{ $$ = arg_num(src, &@1, $1); }
|	TEXT			{ $$ = arg_text(src, ARG_TEXT, &@1, $1); }
|	IP			{ $$ = arg_ip(src, &@1, $1); }
|	atom1
;

atom1:
	kept			{ $$ = arg_text(src, ARG_WORD, &@1, $1); }
|	ENUM			{ $$ = arg_text(src, ARG_WORD, &@1, $1); }
|	NET			{ $$ = arg_net(src, &@1, $1); }
|	RD			{ $$ = arg_text(src, ARG_OTHER, &@1, $1); }
|	BYTES			{ $$ = arg_text(src, ARG_OTHER, &@1, $1); }
|	tuple			{ $$ = arg_expr(src, ARG_EXPR, &@1, $1); }
|	'(' expr ')'		{ $$ = arg_expr(src, ARG_EXPR, &@1, $2); }
|	set			{ $$ = arg_expr(src, ARG_EXPR, &@1, $1); }
|	punct			{ $$ = arg_text(src, ARG_PUNCT, &@1, $1); }
;

tail:
	FILTER WORD		{ $$ = arg_text(src, ARG_FILTER, &@2, $2); }
|	FILTER group		{ $$ = arg_expr(src, ARG_FILTER, &@2, $2); }
|	FILTER decls1 group
	{ $$ = arg_expr(src, ARG_FILTER, &@3, block_join(src, $2, $3)); }
|	WHERE expr		{ $$ = arg_expr(src, ARG_WHERE, &@2, $2); }
;

word:
	WORD
|	kept
;

/* by the filter language */
kept:
	ACCEPT | CASE | DO | ELSE | ENUMTYPE | FALSE | FOR | IF | IN | KW_ERROR | PRINT
|	PRINTN | REJECT | RETURN | SET | THEN | TRUE | UNSET
;

punct:
	','	{ $$ = ","; }	|	'.'	{ $$ = "."; }	|	'/'	{ $$ = "/"; }
|	'-'	{ $$ = "-"; }	|	'+'	{ $$ = "+"; }	|	'*'	{ $$ = "*"; }
|	'%'	{ $$ = "%"; }	|	'<'	{ $$ = "<"; }	|	'>'	{ $$ = ">"; }
|	'='	{ $$ = "="; }	|	'!'	{ $$ = "!"; }	|	':'	{ $$ = ":"; }
|	DDOT	{ $$ = ".."; }	|	AND	{ $$ = "&&"; }	|	OR	{ $$ = "||"; }
|	NE	{ $$ = "!="; }	|	LE	{ $$ = "<="; }	|	GE	{ $$ = ">="; }
|	'?'	{ $$ = "?"; }
;

/* --- definitions */

/* Words that only newer BIRDs keep for themselves are names once something is called so. */
name:
	WORD
|	later			{ $$ = name_free(src, &@1, $1); }
;

later:
	BY | DO | FOR | FLOW | ENUM | ENUMTYPE
;

type:
	WORD			{ $$ = type_name(src, &@1, $1, NULL); }
|	ROUTE			{ $$ = $1; }
|	WORD SET		{ $$ = type_name(src, &@1, $1, "set"); }
|	ENUMTYPE WORD		{ $$ = type_name(src, &@1, "enum", $2); }
|	ENUMTYPE WORD SET
	{ $$ = type_name(src, &@1, "enum", arena_printf(src->arena, "%s set", $2)); }
;

typearg:
	%empty			{ $$ = NULL; }
|	ARROW type		{ $$ = $2; }
;

decls:
	%empty			{ $$ = NULL; }
|	decls1
;

decls1:
	decl ';'		{ $$ = ast_add(A, ast_new(A, AST_BLOCK, &@1), $1); }
|	decls1 decl ';'		{ $$ = ast_add(A, $1, $2); }
;

decl:
	type WORD		{ $$ = decl_new(src, &@2, $1, $2, NULL); }
;

params:
	%empty			{ $$ = NULL; }
|	params1
|	params1 ';'
;

params1:
	param			{ $$ = ast_add(A, ast_new(A, AST_BLOCK, &@1), $1); }
|	params1 ';' param	{ $$ = ast_add(A, $1, $3); }
;

param:
	decl
;

/* --- statements of filters */

group:
	'{' cmds '}'		{ $$ = $2; }
|	'{' cmds error '}'	{ $$ = $2; }
;

cmds:
	%empty			{ $$ = ast_new(A, AST_BLOCK, &@$); }
|	cmds cmd		{ $$ = ast_add(A, $1, $2); }
;

cmd:
	group
|	IF expr THEN cmd %prec THEN
	{ $$ = ast_3(A, AST_IF, &@1, $2, $4, NULL); }
|	IF expr THEN cmd ELSE cmd
	{ $$ = ast_3(A, AST_IF, &@1, $2, $4, $6); }
|	CASE expr '{' arms '}'	{ $$ = ast_1(A, AST_CASE, &@1, $2);
				  for (unsigned i = 0; $4 && i < $4->n; i++)
					ast_add(A, $$, $4->kid[i]); }
|	FOR decl IN expr DO cmd
	{ $$ = ast_2(A, AST_FOR, &$2->at, $4, $6); $$->text = $2->text; $$->text2 = $2->text2; }
|	FOR WORD IN expr DO cmd
	{ $$ = ast_2(A, AST_FOR, &@2, $4, $6); $$->text = $2; }
|	ACCEPT message ';'	{ $$ = $2; $$->kind = AST_ACCEPT; $$->at = @1; }
|	REJECT message ';'	{ $$ = $2; $$->kind = AST_REJECT; $$->at = @1; }
|	KW_ERROR message ';'	{ $$ = $2; $$->kind = AST_REJECT; $$->at = @1; $$->num = 1; }
|	RETURN expr ';'		{ $$ = ast_1(A, AST_RETURN, &@1, $2); }
|	PRINT message ';'	{ $$ = $2; $$->kind = AST_PRINT; $$->at = @1; }
|	PRINTN message ';'	{ $$ = $2; $$->kind = AST_PRINT; $$->at = @1; $$->num = 1; }
|	UNSET '(' WORD ')' ';'
	{ $$ = ast_1(A, AST_UNSET, &@1, ast_text(A, AST_NAME, &@3, $3)); }
|	WORD '=' expr ';'
	{ $$ = ast_2(A, AST_ASSIGN, &@1, ast_text(A, AST_NAME, &@1, $1), $3); }
|	type WORD opt_init ';'	{ $$ = flag_or_decl(src, &@1, &@2, $1, $2, $3); }
|	call ';'		{ $$ = call_stmt(src, &@1, $1); }
|	calls ';'		{ $$ = ast_1(A, AST_EXPR, &@1, $1); }
|	WORD ';'		{ $$ = bare_new(src, &@1, $1); }
|	error ';'		{ $$ = NULL; yyerrok; }
;

opt_init:
	%empty			{ $$ = NULL; }
|	'=' expr		{ $$ = $2; }
;

message:
	%empty			{ $$ = ast_1(A, AST_BLOCK, &@$, NULL); }
|	list
|	list ','
;

/* x.add(y), x.filter(y).len ... as a statement */
calls:
	WORD '.' method		{ $$ = call_new(src, AST_METHOD, &@3, $3,
				      ast_text(A, AST_NAME, &@1, $1), NULL); }
|	WORD '.' method '(' list0 ')'
	{ $$ = call_new(src, AST_METHOD, &@3, $3, ast_text(A, AST_NAME, &@1, $1), $5); }
|	calls '.' method	{ $$ = call_new(src, AST_METHOD, &@3, $3, $1, NULL); }
|	calls '.' method '(' list0 ')'
	{ $$ = call_new(src, AST_METHOD, &@3, $3, $1, $5); }
;

call:
	WORD '(' list0 ')'	{ $$ = call_new(src, AST_CALL, &@1, $1, NULL, $3); }
|	FILTER '(' list0 ')'	{ $$ = call_new(src, AST_CALL, &@1, "filter", NULL, $3); }
;

method:
	WORD
|	FILTER			{ $$ = "filter"; }
;

arms:
	%empty			{ $$ = NULL; }
|	arms arm
	{ $$ = ast_add(A, $1 ? $1 : ast_new(A, AST_BLOCK, &@2), $2); }
;

arm:
	labels ':' cmds		{ $$ = ast_2(A, AST_ARM, &@1, $1, $3); }
|	ELSECOL cmds		{ $$ = ast_2(A, AST_ARM, &@1, NULL, $2); }
;

labels:
	label			{ $$ = ast_add(A, ast_new(A, AST_SET, &@1), $1); }
|	labels ',' label	{ $$ = ast_add(A, $1, $3); }
;

label:
	label_atom
|	label_atom DDOT label_atom
	{ $$ = ast_2(A, AST_RANGE, &@1, $1, $3); }
;

/* --- expressions */

list:
	expr			{ $$ = ast_add(A, ast_new(A, AST_BLOCK, &@1), $1); }
|	list ',' expr		{ $$ = ast_add(A, $1, $3); }
;

list0:
	%empty			{ $$ = NULL; }
|	list
;

expr:
	primary
|	expr AND expr		{ $$ = ast_2(A, AST_AND, &@2, $1, $3); }
|	expr OR expr		{ $$ = ast_2(A, AST_OR, &@2, $1, $3); }
|	expr '=' expr		{ $$ = ast_2(A, AST_EQ, &@2, $1, $3); }
|	expr NE expr		{ $$ = ast_2(A, AST_NE, &@2, $1, $3); }
|	expr '<' expr		{ $$ = ast_2(A, AST_LT, &@2, $1, $3); }
|	expr LE expr		{ $$ = ast_2(A, AST_LE, &@2, $1, $3); }
|	expr '>' expr		{ $$ = ast_2(A, AST_GT, &@2, $1, $3); }
|	expr GE expr		{ $$ = ast_2(A, AST_GE, &@2, $1, $3); }
|	expr '~' expr		{ $$ = ast_2(A, AST_MATCH, &@2, $1, $3); }
|	expr NOMATCH expr	{ $$ = ast_2(A, AST_NOMATCH, &@2, $1, $3); }
|	expr '&' expr		{ $$ = ast_2(A, AST_BITAND, &@2, $1, $3); }
|	expr '|' expr		{ $$ = ast_2(A, AST_BITOR, &@2, $1, $3); }
|	expr '+' expr		{ $$ = ast_2(A, AST_ADD, &@2, $1, $3); }
|	expr '-' expr		{ $$ = ast_2(A, AST_SUB, &@2, $1, $3); }
|	expr CONCAT expr	{ $$ = ast_2(A, AST_CONCAT, &@2, $1, $3); }
|	expr '*' expr		{ $$ = ast_2(A, AST_MUL, &@2, $1, $3); }
|	expr '/' expr		{ $$ = ast_2(A, AST_DIV, &@2, $1, $3); }
|	'!' expr		{ $$ = ast_1(A, AST_NOT, &@1, $2); }
;

primary:
	NUM			{ $$ = ast_num(A, AST_NUM, &@1, $1); }
|	TRUE			{ $$ = ast_num(A, AST_BOOL, &@1, 1); }
|	FALSE			{ $$ = ast_num(A, AST_BOOL, &@1, 0); }
|	TEXT			{ $$ = ast_text(A, AST_TEXT, &@1, $1); }
|	BYTES			{ $$ = ast_text(A, AST_BYTES, &@1, $1); }
|	IP			{ $$ = ip_new(src, &@1, $1); }
|	NET			{ $$ = net_new(src, &@1, $1); }
|	RD			{ $$ = ast_text(A, AST_RD, &@1, $1); }
|	RD NET			{ $$ = other_net(src, &@1, "vpn", 0);
				  $$->text2 = $1; $$->net = *$2; }
|	NET WORD NUM WORD NUM	{ $$ = other_net(src, &@2, $2, $5);
				  $$->net = *$1; $$->num2 = $3; $$->text2 = $4; }
|	NET WORD NET		{ $$ = ast_add(A, other_net(src, &@2, $2, 0),
				      net_new(src, &@3, $3)); $$->net = *$1; }
|	FLOW '{' items '}'	{ $$ = other_net(src, &@1, $1, 0);
				  $$->block = block_new(src, &@2, &@4, $3); }
|	WORD NUM		{ $$ = other_net(src, &@1, $1, $2); }
|	WORD IP '%' NUM		{ $$ = ast_add(A, ip_add(src, other_net(src, &@1, $1, 0), &@2,
				      $2), ast_num(A, AST_NUM, &@4, $4)); }
|	WORD BYTES %prec THEN
	{ $$ = ast_add(A, other_net(src, &@1, $1, 0), ast_text(A, AST_BYTES, &@2, $2)); }
|	WORD BYTES WORD NUM
	{ $$ = ast_add(A, vlan_net(src, &@1, $1, &@3, $3), ast_text(A, AST_BYTES, &@2, $2));
	  ast_add(A, $$, ast_num(A, AST_NUM, &@4, $4)); }
|	WORD WORD RD evpn
	{ $$ = evpn_net(src, &@1, $1, &@2, $2, ast_text(A, AST_RD, &@3, $3), $4); }
|	ENUM			{ $$ = ast_text(A, AST_ENUM, &@1, $1); }
|	EMPTY			{ $$ = ast_text(A, AST_EMPTY, &@1, $1); }
|	WORD			{ $$ = ast_text(A, AST_NAME, &@1, $1); }
|	'(' expr ')'		{ $$ = $2; }
|	tuple
|	set
|	mask
|	call
|	primary '.' method	{ $$ = call_new(src, AST_METHOD, &@3, $3, $1, NULL); }
|	primary '.' method '(' list0 ')'
	{ $$ = call_new(src, AST_METHOD, &@3, $3, $1, $5); }
;

/* What follows the distinguisher of an EVPN route. */
evpn:
	NUM BYTES %prec THEN
	{ $$ = ast_add(A, ast_1(A, AST_BLOCK, &@1, ast_num(A, AST_NUM, &@1, $1)),
	      ast_text(A, AST_BYTES, &@2, $2)); }
|	NUM BYTES '*'
	{ $$ = ast_add(A, ast_1(A, AST_BLOCK, &@1, ast_num(A, AST_NUM, &@1, $1)),
	      ast_text(A, AST_BYTES, &@2, $2));
	  ast_add(A, $$, ast_text(A, AST_TEXT, &@3, "*")); }
|	NUM BYTES IP
	{ $$ = ast_add(A, ast_1(A, AST_BLOCK, &@1, ast_num(A, AST_NUM, &@1, $1)),
	      ast_text(A, AST_BYTES, &@2, $2));
	  ip_add(src, $$, &@3, $3); }
|	NUM IP
	{ $$ = ip_add(src, ast_1(A, AST_BLOCK, &@1, ast_num(A, AST_NUM, &@1, $1)), &@2, $2); }
|	BYTES IP
	{ $$ = ip_add(src, ast_1(A, AST_BLOCK, &@1, ast_text(A, AST_BYTES, &@1, $1)), &@2,
	      $2); }
;

/* Pairs and the like; inside a set an element may be a range or `*`. */
tuple:
	'(' comp ',' comp ')'	{ $$ = tuple_new(src, &@1, $2, $4, NULL); }
|	'(' comp ',' comp ',' comp ')'
	{ $$ = tuple_new(src, &@1, $2, $4, $6); }
;

comp:
	expr
|	expr DDOT expr		{ $$ = ast_2(A, AST_RANGE, &@1, $1, $3); }
|	'*'			{ $$ = ast_text(A, AST_TEXT, &@1, "*"); }
;

set:
	'[' ']'			{ $$ = ast_new(A, AST_SET, &@1); }
|	'[' set_items ']'	{ $$ = $2; $$->at = @1; }
;

set_items:
	set_item		{ $$ = ast_add_member(A, ast_new(A, AST_SET, &@1), $1); }
|	set_items ',' set_item	{ $$ = ast_add_member(A, $1, $3); }
;

/* Numbers, which large sets are made of, by themselves: one reduction instead of three. */
set_item:
	NUM			{ $$ = ast_num(A, AST_NUM, &@1, $1); }
|	NUM DDOT set_end
	{ $$ = ast_2(A, AST_RANGE, &@1, ast_num(A, AST_NUM, &@1, $1), $3); }
|	set_atom
|	set_atom DDOT set_end	{ $$ = ast_2(A, AST_RANGE, &@1, $1, $3); }
|	NET
	{ $$ = pattern_new(src, &@1, $1, $1->plen, $1->plen); }
|	NET '+'
	{ $$ = pattern_new(src, &@1, $1, $1->plen, net_plen_max($1->type)); }
|	NET '-'
	{ $$ = pattern_new(src, &@1, $1, 0, $1->plen); }
|	NET '{' NUM ',' NUM '}'
	{ $$ = pattern_new(src, &@1, $1, $3, $5); }
;

set_end:
	NUM			{ $$ = ast_num(A, AST_NUM, &@1, $1); }
|	set_atom
;

set_atom:
	atom
|	WORD			{ $$ = ast_text(A, AST_NAME, &@1, $1); }
|	call
;

label_atom:
	NUM			{ $$ = ast_num(A, AST_NUM, &@1, $1); }
|	atom
;

/* but for numbers */
atom:
	IP			{ $$ = ip_new(src, &@1, $1); }
|	ENUM			{ $$ = ast_text(A, AST_ENUM, &@1, $1); }
|	RD			{ $$ = ast_text(A, AST_RD, &@1, $1); }
|	BYTES			{ $$ = ast_text(A, AST_BYTES, &@1, $1); }
|	'(' expr ')'		{ $$ = $2; }
|	tuple
;

mask:
	PO mask_items PC	{ $$ = $2; $$->at = @1; }
|	'/' mask_items '/'	{ $$ = mask_old(src, &@1, $2); }
;

mask_items:
	%empty			{ $$ = ast_new(A, AST_PATHMASK, &@$); }
|	mask_items mask_item	{ $$ = ast_add(A, $1, $2); }
;

mask_item:
	NUM			{ $$ = ast_num(A, AST_NUM, &@1, $1); }
|	NUM DDOT NUM		{ $$ = ast_2(A, AST_RANGE, &@1, ast_num(A, AST_NUM, &@1, $1),
				      ast_num(A, AST_NUM, &@3, $3)); }
|	'*'			{ $$ = ast_text(A, AST_TEXT, &@1, "*"); }
|	'?'			{ $$ = ast_text(A, AST_TEXT, &@1, "?"); }
|	'+'			{ $$ = ast_text(A, AST_TEXT, &@1, "+"); }
|	WORD			{ $$ = ast_text(A, AST_NAME, &@1, $1); }
|	'(' expr ')'		{ $$ = $2; }
|	set
;

%%

static void
mynah_error(const struct place *at, struct source *source, const char *text)
{
	/* bison's stack is at its end, not the memory */
	source_error(source, at, "%s",
	    strcmp(text, "memory exhausted") == 0 ? "Nesting too deep" : text);
}

/* "syntax error, unexpected X, expecting A or B": as BIRD's, but with the text as
 * written. */
static int
yyreport_syntax_error(const yypcontext_t *ctx, struct source *source)
{
	yysymbol_kind_t want[5];
	int i, n = yypcontext_expected_tokens(ctx, want, 5);
	char text[256];
	size_t len = 0;

	if (n < 0)
		return n;
	if (n == 5)
		n = 0;
	text[0] = 0;
	for (i = 0; i < n && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
		    i ? " or " : ", expecting ", yysymbol_name(want[i]));
	if (yypcontext_token(ctx) == YYSYMBOL_YYEOF)
		source_end_error(source, text);
	else
		source_token_error(source, yypcontext_location(ctx), text);
	return 0;
}
