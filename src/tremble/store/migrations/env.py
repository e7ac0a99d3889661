"""Entry point of Alembic: run the migrations on the connection that schema.upgrade opened."""

from alembic import context

from tremble.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
