-- Whose a half-written answer is, so that nobody overwrites or submits that of another.
alter table draft rename to earlier_draft;
create table draft (
  request text not null,
  actor text not null,             -- empty where it was written before this was noted
  data text not null,
  updated_at text not null,
  primary key (request, actor)
);
insert into draft select request, '', data, updated_at from earlier_draft;
drop table earlier_draft;
