-- Search: one document for each item of the list, which is an open request, or a thread that has none. `search` holds
-- the words of `searched`; neither is written when a thread pauses, but afterwards, by following the audit.

create table searched (
  doc integer primary key,         -- the rowid of the request; of the thread, negative
  thread text not null,
  words text not null
);
create index searched_thread on searched (thread);

-- Letters, numbers and signs such as emoji are words; there is no order by relevance, so no sizes of columns.
create virtual table search using fts5 (
  words, content = 'searched', content_rowid = 'doc', columnsize = 0, prefix = '2 3',
  tokenize = "unicode61 remove_diacritics 2 categories 'L* M* N* Co So'"
);
create trigger searched_enters after insert on searched begin
  insert into search (rowid, words) values (new.doc, new.words);
end;
create trigger searched_leaves after delete on searched begin
  insert into search (search, rowid, words) values ('delete', old.doc, old.words);
end;

create table search_mark (
  id integer primary key check (id = 1),
  audit integer not null           -- up to which entry of the audit it was followed
);
insert into search_mark values (1, 0);
