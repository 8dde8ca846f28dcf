package io.fairlead.samples.aiplatform.capture;

import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.common.Database;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A record of each image, and the events that the broker does not have yet.
 *
 * <p>Both are written in one transaction: there is no record without its event. An image that was
 * kept right before a crash gets both at the next start.
 */
final class Outbox implements AutoCloseable {
  private final Database database;

  /** The ids of images that have a record, and were not in the file. */
  private final Set<String> lost = new HashSet<>();

  /** An event that is to be sent. */
  record Entry(long number, String imageId) {}

  private Outbox(Database database) {
    this.database = database;
  }

  /** Opens it, and adds what the file of images has more. */
  static Outbox open(Path folder, ImageStore store) throws SQLException {
    Database database =
        Database.open(
            folder,
            "create table if not exists image"
                + " (id varchar(64) primary key, size integer not null, label integer)",
            "create table if not exists outbox"
                + " (number bigint generated always as identity primary key,"
                + " image_id varchar(64) not null)");
    Outbox outbox = new Outbox(database);
    Set<String> recorded =
        new HashSet<>(
            database.transaction(all -> all.rows(row -> row.getString(1), "select id from image")));
    List<Image> missing = new ArrayList<>();
    for (int i = 0; i < store.size(); i++) {
      Image image = store.get(i);
      if (!recorded.contains(image.getId())) {
        missing.add(image);
      }
    }
    outbox.record(missing);
    recorded.removeIf(store::has);
    outbox.forget(recorded);
    return outbox;
  }

  /** An image that cannot be read is no longer recorded, so it is new when it is sent again. */
  private void forget(Set<String> ids) throws SQLException {
    lost.addAll(ids);
    int unused =
        database.transaction(
            all -> {
              int gone = 0;
              for (String id : ids) {
                gone += all.change("delete from image where id = ?", id);
                gone += all.change("delete from outbox where image_id = ?", id);
              }
              return gone;
            });
  }

  /** Returns whether an image was recorded, and was not in the file at the start. */
  boolean lost(String id) {
    return lost.contains(id);
  }

  /** Records images and their events. One that is recorded already stays as it is. */
  void record(List<Image> images) throws SQLException {
    int unused =
        database.transaction(
            all -> {
              int added = 0;
              for (Image image : images) {
                int rows =
                    all.change(
                        "insert into image (id, size, label) values (?, ?, ?)"
                            + " on conflict do nothing",
                        image.getId(),
                        image.getContent().size(),
                        image.hasLabel() ? image.getLabel() : null);
                if (rows > 0) {
                  added += all.change("insert into outbox (image_id) values (?)", image.getId());
                }
              }
              return added;
            });
  }

  /** Returns the oldest events that are to be sent. */
  List<Entry> next(int most) throws SQLException {
    return database.transaction(
        all ->
            all.rows(
                row -> new Entry(row.getLong(1), row.getString(2)),
                "select number, image_id from outbox order by number limit ?",
                most));
  }

  /** Forgets events that the broker has. */
  void sent(List<Entry> entries) throws SQLException {
    int unused =
        database.transaction(
            all -> {
              int gone = 0;
              for (Entry entry : entries) {
                gone += all.change("delete from outbox where number = ?", entry.number());
              }
              return gone;
            });
  }

  /** Returns how many events are to be sent. */
  long size() throws SQLException {
    return database.transaction(all -> all.number("select count(*) from outbox"));
  }

  @Override
  public void close() throws SQLException {
    database.close();
  }
}
