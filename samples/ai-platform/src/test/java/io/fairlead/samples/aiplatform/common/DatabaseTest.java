package io.fairlead.samples.aiplatform.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseTest {
  private static final String TABLE = "create table if not exists seen (id integer primary key)";

  @TempDir Path folder;

  private static int add(Database database, int id) throws SQLException {
    return database.transaction(all -> all.change("insert into seen (id) values (?)", id));
  }

  private static long count(Database database) throws SQLException {
    return database.transaction(all -> all.number("select count(*) from seen"));
  }

  @Test
  void aDatabaseThatWasAwayIsUsedAgainWhenItIsBack() throws Exception {
    try (H2Server server = new H2Server(folder.resolve("server"))) {
      server.link(folder);
      try (Database database = Database.open(folder, TABLE)) {
        assertThat(add(database, 1)).isEqualTo(1);
        server.stop();
        assertThatThrownBy(() -> add(database, 2)).isInstanceOf(SQLException.class);
        assertThatThrownBy(() -> count(database)).isInstanceOf(SQLException.class);
        server.startAgain();
        assertThat(add(database, 2)).isEqualTo(1);
        assertThat(count(database)).isEqualTo(2);
      }
    }
  }

  @Test
  void workThatFailsLeavesNothing() throws Exception {
    try (Database database = Database.open(folder, TABLE)) {
      assertThatThrownBy(
              () ->
                  database.transaction(
                      all ->
                          all.change("insert into seen (id) values (?)", 1)
                              + all.change("insert into seen (id) values (?)", 1)))
          .isInstanceOf(SQLException.class);
      assertThat(count(database)).isZero();
    }
  }

  @Test
  void aLinkWithoutAUrlIsNamed() throws Exception {
    Files.writeString(folder.resolve(Database.LINK), "user=capture\n");
    assertThatThrownBy(() -> Database.open(folder, TABLE))
        .hasMessageContaining("sql.properties has no url; write url=jdbc:postgresql://");
  }
}
