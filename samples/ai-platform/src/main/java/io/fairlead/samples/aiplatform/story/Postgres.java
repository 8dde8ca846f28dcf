package io.fairlead.samples.aiplatform.story;

import io.fairlead.samples.aiplatform.common.Database;
import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A PostgreSQL that belongs to the story: a child process on a free port, with its data in a folder
 * of its own. Each process of the platform that keeps records gets a database, and a role that can
 * enter no other one.
 */
final class Postgres implements AutoCloseable {
  /** Debian puts only the programs of clients on the path. */
  private static final Path DEBIAN = Path.of("/usr/lib/postgresql");

  /** Debian's user for it. It refuses to run as root. */
  private static final String USER = "postgres";

  private static final String OWNER = "story";
  private static final long PATIENCE_SECONDS = 60;

  private final Path programs;
  private final Path folder;
  private final Optional<LinkCertificates> certificates;
  private final int port = Children.freePort();
  private final String password = secret();

  /** What begins a command so that it does not run as root; empty for others. */
  private final List<String> as;

  /** The processes that have a database. Guarded by this. */
  private final Set<String> provided = new HashSet<>();

  private Process process;

  private Postgres(
      Path programs, Path folder, List<String> as, Optional<LinkCertificates> certificates)
      throws IOException {
    this.programs = programs;
    this.folder = folder;
    this.as = as;
    this.certificates = certificates;
    Path given = folder.resolve("password");
    write(given, password);
    write(
        folder.resolve("pg_hba.conf"),
        // The name in a certificate must be that of the role, and it needs its password too.
        certificates.isPresent()
            ? "hostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-full\n"
            : "host all all 127.0.0.1/32 scram-sha-256\n");
    if (certificates.isPresent()) {
      certificates.get().server("postgres", folder);
      own(folder.resolve("postgres.key"));
    }
    String init =
        String.join(
            " ",
            quoted(programs.resolve("initdb")),
            "--pgdata=" + quoted(folder.resolve("data")),
            "--username=" + OWNER,
            "--pwfile=" + quoted(given),
            "--auth=scram-sha-256 --encoding=UTF8 --locale=C --no-sync");
    this.process = launch("sh", "-c", init + " && exec \"$@\"", "sh");
  }

  /** Why there is no PostgreSQL. */
  static final class Missing extends Exception {
    private static final long serialVersionUID = 1;

    private final String why;

    Missing(String why) {
      super(why);
      this.why = why;
    }

    String why() {
      return why;
    }
  }

  /** Returns the folder of the programs, the newest ones if there are several. */
  private static Optional<Path> find(String path) throws IOException {
    List<Path> folders = new ArrayList<>();
    if (Files.isDirectory(DEBIAN)) {
      try (Stream<Path> versions = Files.list(DEBIAN)) {
        versions
            .sorted(Comparator.comparing(Postgres::version).reversed())
            .map(version -> version.resolve("bin"))
            .forEach(folders::add);
      }
    }
    Arrays.stream(path.split(File.pathSeparator, -1)).map(Path::of).forEach(folders::add);
    return folders.stream()
        .filter(
            each ->
                Files.isExecutable(each.resolve("postgres"))
                    && Files.isExecutable(each.resolve("initdb")))
        .findFirst();
  }

  private static int version(Path folder) {
    String name = String.valueOf(folder.getFileName());
    return name.matches("\\d{1,3}") ? Integer.parseInt(name) : 0;
  }

  /**
   * Starts one; {@link #await} waits until it takes connections.
   *
   * @param path the folders in which to look for it
   * @param folder a new one
   * @param certificates for links with TLS
   */
  static Postgres start(String path, Path folder, Optional<LinkCertificates> certificates)
      throws Missing, IOException {
    Path programs =
        find(path).orElseThrow(() -> new Missing("no PostgreSQL is here; install postgresql"));
    Files.createDirectories(folder);
    List<String> as = List.of();
    if (System.getProperty("user.name").equals("root")) {
      as = unprivileged(folder);
    }
    Postgres postgres = new Postgres(programs, folder, as, certificates);
    // A person who ends the run early must find no process left.
    Runtime.getRuntime().addShutdownHook(new Thread(postgres::close, "postgres-end"));
    return postgres;
  }

  /** Gives the folder to the user of PostgreSQL, and returns what begins its commands. */
  private static List<String> unprivileged(Path folder) throws Missing, IOException {
    UserPrincipal user;
    try {
      user = folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(USER);
    } catch (UserPrincipalNotFoundException e) {
      throw new Missing(
          "it refuses to run as root, and there is no user "
              + USER
              + "; install postgresql, or run this as somebody else");
    }
    for (Path each = folder.getParent(); each != null; each = each.getParent()) {
      if (!Files.getPosixFilePermissions(each).contains(PosixFilePermission.OTHERS_EXECUTE)) {
        throw new Missing(
            "it refuses to run as root, and the user "
                + USER
                + " cannot enter "
                + each
                + "; chmod o+x, or run this as somebody else");
      }
    }
    Path unused = Files.setOwner(folder, user);
    return List.of("setpriv", "--reuid=" + USER, "--regid=" + USER, "--clear-groups");
  }

  /** Writes a file that nobody but PostgreSQL reads. */
  private void write(Path file, String text) throws IOException {
    try (Writer out = Files.newBufferedWriter(file)) {
      out.write(text);
    }
    own(file);
  }

  private void own(Path file) throws IOException {
    Path unused = Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    unused = Files.setOwner(file, Files.getOwner(folder));
  }

  private static String quoted(Path path) {
    return "'" + path.toString().replace("'", "'\\''") + "'";
  }

  private Process launch(String... before) throws IOException {
    List<String> command = new ArrayList<>(as);
    command.addAll(List.of(before));
    command.add(programs.resolve("postgres").toString());
    command.add("-D");
    command.add(folder.resolve("data").toString());
    List<String> settings =
        new ArrayList<>(
            List.of(
                "listen_addresses=127.0.0.1",
                "port=" + port,
                "unix_socket_directories=",
                "hba_file=" + folder.resolve("pg_hba.conf"),
                "max_connections=20",
                "shared_buffers=16MB"));
    if (certificates.isPresent()) {
      settings.addAll(
          List.of(
              "ssl=on",
              "ssl_cert_file=" + folder.resolve("postgres.crt"),
              "ssl_key_file=" + folder.resolve("postgres.key"),
              "ssl_ca_file=" + certificates.get().trust()));
    }
    settings.forEach(
        setting -> {
          command.add("-c");
          command.add(setting);
        });
    return new ProcessBuilder(command)
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
        .start();
  }

  /** Waits until it takes connections. */
  void await() throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (true) {
      try {
        owner("postgres").close();
        return;
      } catch (SQLException e) {
        if (System.nanoTime() > end || !process.isAlive()) {
          throw new IllegalStateException(
              "PostgreSQL did not start within "
                  + PATIENCE_SECONDS
                  + " s; what it said is in "
                  + folder.resolve("log"),
              e);
        }
      }
      Thread.sleep(50);
    }
  }

  /** Makes a database for a process, and says in its folder how it is reached. */
  synchronized void provide(String id, Path data) throws InterruptedException {
    if (!provided.add(id)) {
      return;
    }
    await();
    String secret = secret();
    try (Connection connection = owner("postgres");
        Statement statement = connection.createStatement()) {
      statement.execute("create role \"" + id + "\" login password '" + secret + "'");
      statement.execute("create database \"" + id + "\" owner \"" + id + "\"");
      // Everybody may enter a database, unless that is taken away.
      statement.execute("revoke all on database \"" + id + "\" from public");
      Path file = data.resolve(Database.LINK);
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Properties link = properties(id, secret);
      link.setProperty("url", url(id));
      try (Writer out = Files.newBufferedWriter(file)) {
        link.store(out, "Where the records of " + id + " are.");
      }
    } catch (SQLException e) {
      throw new IllegalStateException("there is no database for " + id, e);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write to the folder of " + id, e);
    }
  }

  private String url(String database) {
    return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
  }

  private Properties properties(String role, String secret) {
    Properties link = new Properties();
    link.setProperty("user", role);
    link.setProperty("password", secret);
    link.setProperty("ApplicationName", role);
    link.setProperty("connectTimeout", "2");
    link.setProperty("socketTimeout", "10");
    if (certificates.isPresent()) {
      LinkCertificates.ForSql files = certificates.get().sql(role);
      link.setProperty("sslmode", "verify-full");
      link.setProperty("sslrootcert", certificates.get().trust().toString());
      link.setProperty("sslcert", files.certificate().toString());
      link.setProperty("sslkey", files.key().toString());
    } else {
      link.setProperty("sslmode", "disable");
    }
    return link;
  }

  private Connection owner(String database) throws SQLException {
    return DriverManager.getConnection(url(database), properties(OWNER, password));
  }

  /** Returns the one value that a query in the database of a process has, as its owner sees it. */
  String ask(String id, String query) throws SQLException {
    try (Connection connection = owner(id);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      if (!rows.next()) {
        throw new SQLException("no row: " + query);
      }
      return rows.getString(1);
    }
  }

  /** Returns why a process cannot enter the database of another one; empty if it can. */
  Optional<String> refusal(Path data, String other) throws IOException {
    Properties link = new Properties();
    try (Reader in = Files.newBufferedReader(data.resolve(Database.LINK))) {
      link.load(in);
    }
    link.remove("url");
    try {
      DriverManager.getConnection(url(other), link).close();
      return Optional.empty();
    } catch (SQLException e) {
      return Optional.of(String.valueOf(e.getMessage()).replace('\n', ' '));
    }
  }

  /** Returns why nobody connects without TLS, with the right password; empty if one can. */
  Optional<String> refusalOfPlain() {
    Properties link = properties(OWNER, password);
    link.setProperty("sslmode", "disable");
    try {
      DriverManager.getConnection(url("postgres"), link).close();
      return Optional.empty();
    } catch (SQLException e) {
      return Optional.of(String.valueOf(e.getMessage()).replace('\n', ' '));
    }
  }

  /** Kills it, with all its processes. */
  void kill() throws InterruptedException {
    Children.kill(process);
  }

  /** Starts it again, on the same port and data. */
  void startAgain() throws IOException, InterruptedException {
    process = launch();
    await();
  }

  String address() {
    return "127.0.0.1:" + port;
  }

  private static String secret() {
    byte[] bytes = new byte[16];
    new SecureRandom().nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }

  @Override
  public void close() {
    try {
      kill();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
