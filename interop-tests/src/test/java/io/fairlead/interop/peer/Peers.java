package io.fairlead.interop.peer;

import io.fairlead.testkit.ToolAssumption;
import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The peers, by language. Each language has one folder in {@code src/peers} (Go one per module),
 * with the file that pins its versions; everything is made in {@code target/peers}. Each method
 * builds on first use, and ends the test where the language's tools are missing. From any thread.
 */
public final class Peers {
  /** Some packages of others want cgo only if it is there; without it, all machines build alike. */
  private static final Map<String, String> PLAIN_GO =
      Map.of("CGO_ENABLED", "0", "GOFLAGS", "-mod=readonly -buildvcs=false");

  private static final String GO = "Go 1.26 or newer, from go.dev";

  private Peers() {}

  /**
   * A program of Go.
   *
   * @param module folder in {@code src/peers} with {@code go.mod} and {@code go.sum}
   * @param program a package of that module ({@code ./server}), or of one that it requires
   */
  public static Peer go(String module, String program) {
    return go(module, program, List.of(module));
  }

  /** The programs of one registry: a module on what {@code src/peers/go-registry} has for all. */
  public static Peer goRegistry(String module) {
    return go(module, ".", List.of(module, "go-registry"));
  }

  private static Peer go(String module, String program, List<String> sources) {
    Path source = Build.SOURCES.resolve(module);
    Path binary = Build.WORK.resolve(module).resolve(program.replaceAll("[^A-Za-z0-9]+", "-"));
    Build build = Build.of(module + "/" + program).needs("go", GO);
    sources.forEach(each -> build.from(Build.SOURCES.resolve(each)));
    build.step(source, PLAIN_GO, "go", "build", "-o", binary.toString(), program).run();
    return new Peer(module + "/" + program, List.of(binary.toString()), Map.of());
  }

  /**
   * As {@link #go}, for the main package of a module that needs what its own generators, which it
   * pins as tools, write of a contract of ours.
   *
   * @param contract the {@code .proto} file; its Go package is {@code gen/depotv1} of the module if
   *     it is {@code depot/v1/depot.proto}
   */
  public static Peer goWithContract(String module, String contract) {
    Path source = Build.SOURCES.resolve(module);
    Path work = Build.WORK.resolve(module);
    Path protos = Protos.folder();
    String name = "fairlead.io/interop/" + module.replaceFirst("^go-", "");
    String options = "fairlead/options.proto";
    String here = options + "=" + name + "/gen/fairlead";
    String folder = contract.substring(0, contract.lastIndexOf('/'));
    String own = contract + "=" + name + "/gen/" + folder.replace("/", "");
    Build.of(module)
        .needs("go", GO)
        .from(source)
        .from(protos)
        .step(work, "sh", "-c", "rm -rf src && cp -R " + source + " src")
        .step(
            work.resolve("src"),
            PLAIN_GO,
            "go",
            "build",
            "-o",
            work + "/",
            "google.golang.org/protobuf/cmd/protoc-gen-go",
            "google.golang.org/grpc/cmd/protoc-gen-go-grpc")
        .step(
            work.resolve("src"),
            Protoc.program().toString(),
            "-I" + protos,
            "--plugin=" + work.resolve("protoc-gen-go"),
            "--plugin=" + work.resolve("protoc-gen-go-grpc"),
            "--go_out=.",
            "--go_opt=module=" + name,
            "--go_opt=M" + here,
            "--go_opt=M" + own,
            "--go-grpc_out=.",
            "--go-grpc_opt=module=" + name,
            "--go-grpc_opt=M" + here,
            "--go-grpc_opt=M" + own,
            contract,
            options)
        .step(work.resolve("src"), PLAIN_GO, "go", "build", "-o", work.resolve("main").toString())
        .run();
    return new Peer(module, List.of(work.resolve("main").toString()), Map.of());
  }

  /** A script in {@code src/peers/python}, on the packages of its {@code requirements.txt}. */
  public static Peer python(String script) {
    Path source = Build.SOURCES.resolve("python");
    Path work = Build.WORK.resolve("python");
    Path python = work.resolve("venv/bin/python");
    Build.of("python/packages")
        .needs("python3", "apt-get install python3 python3-venv")
        .from(source.resolve("requirements.txt"))
        .step(work, "python3", "-m", "venv", "--clear", "venv")
        .step(
            work,
            python.toString(),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "-r",
            source.resolve("requirements.txt").toString())
        .run();
    Path protos = Protos.folder();
    Path generated = work.resolve("generated");
    Build.of("python/protos")
        .from(protos)
        .from(source.resolve("requirements.txt"))
        .step(generated, "true")
        .step(
            protos,
            "sh",
            "-c",
            python
                + " -m grpc_tools.protoc -I. --python_out="
                + generated
                + " --grpc_python_out="
                + generated
                // What lies under google/ comes from packages of its own.
                + " $(find . -path ./google -prune -o -name '*.proto' -print)")
        .run();
    return new Peer(
        "python/" + script,
        List.of(python.toString(), source.resolve(script).toString()),
        Map.of("PYTHONPATH", generated.toString(), "PYTHONUNBUFFERED", "1"));
  }

  /** A CommonJS script in {@code src/peers/node}, on the packages of its lock file. */
  public static Peer node(String script) {
    return node("node", script);
  }

  /** A script in {@code src/peers/node-connect}, on connect-es. */
  public static Peer nodeConnect(String script) {
    return node("node-connect", script);
  }

  /** A script in {@code src/peers/web}, which needs a browser besides. */
  public static Peer web(String script) {
    Build unused = Build.of("web/browser").needs("chromium", "apt-get install chromium");
    return node("web", script);
  }

  /** A script in {@code src/peers/types}, on the compiler of TypeScript. */
  public static Peer types(String script) {
    return node("types", script);
  }

  /** A program of the machine. */
  public static Peer installed(String program) {
    Build unused = Build.of(program).needs(program, "apt-get install " + program);
    return new Peer(program, List.of(program), Map.of());
  }

  private static Peer node(String folder, String script) {
    Path source = Build.SOURCES.resolve(folder);
    Path work = Build.WORK.resolve(folder);
    Build.of(folder + "/packages")
        .needs("node", "apt-get install nodejs")
        .needs("npm", "apt-get install npm")
        .from(source.resolve("package.json"))
        .from(source.resolve("package-lock.json"))
        .step(
            work,
            "cp",
            source.resolve("package.json").toString(),
            source.resolve("package-lock.json").toString(),
            ".")
        .step(work, "npm", "ci", "--no-audit", "--no-fund")
        .run();
    return new Peer(
        folder + "/" + script,
        List.of("node", source.resolve(script).toString()),
        Map.of(
            "NODE_PATH", work.resolve("node_modules").toString(),
            "PROTOS", Protos.folder().toString()));
  }

  /** A program of the crate {@code src/peers/rust}: one file in its {@code src/bin}. */
  public static Peer rust(String program) {
    Path source = Build.SOURCES.resolve("rust");
    Path work = Build.WORK.resolve("rust");
    Path protos = Protos.folder();
    Build.of("rust")
        .needs("cargo", "Rust 1.88 or newer, from rustup.rs")
        .from(source)
        .from(protos)
        // Cargo writes its lock file beside the sources; they pin their versions themselves.
        .step(
            work, "sh", "-c", "mkdir -p crate && rm -rf crate/src && cp -R " + source + "/. crate")
        .step(
            work.resolve("crate"),
            Map.of(
                "CARGO_TARGET_DIR",
                work.toString(),
                "PROTOC",
                Protoc.program().toString(),
                "PROTOS",
                protos.toString()),
            "cargo",
            "build",
            "--quiet",
            "--bins")
        .run();
    Path binary = work.resolve("debug").resolve(program);
    return new Peer("rust/" + program, List.of(binary.toString()), Map.of());
  }

  /** A target of {@code src/peers/cpp/CMakeLists.txt}, on the gRPC that the machine has. */
  public static Peer cpp(String target) {
    Path source = Build.SOURCES.resolve("cpp");
    Path work = Build.WORK.resolve("cpp");
    Path protos = Protos.folder();
    // One for all targets: two at once in one folder would tread on each other.
    Build.of("cpp")
        .needs("cmake", "apt-get install cmake")
        .needs("g++", "apt-get install g++")
        .needs("pkg-config", "apt-get install pkg-config")
        .needs("protoc", "apt-get install protobuf-compiler")
        .needs("grpc_cpp_plugin", "apt-get install libgrpc++-dev protobuf-compiler-grpc")
        .from(source)
        .from(protos)
        .step(work, "cmake", "-S", source.toString(), "-B", ".", "-DPROTOS=" + protos)
        .step(work, "cmake", "--build", ".", "--parallel", "2")
        .run();
    return new Peer("cpp/" + target, List.of(work.resolve(target).toString()), Map.of());
  }

  /**
   * A main class of the dependencies of {@code src/peers/java/pom.xml}, which share nothing with
   * ours.
   */
  public static Peer java(String mainClass) {
    Path source = Build.SOURCES.resolve("java");
    Path work = Build.WORK.resolve("java");
    Build.of("java")
        .needs("mvn", "apt-get install maven")
        .from(source)
        .step(
            work,
            "mvn",
            "-q",
            "-B",
            "-Dmaven.repo.local=" + Protos.property("local.repository"),
            "-f",
            source.resolve("pom.xml").toString(),
            "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy-dependencies",
            "-DoutputDirectory=" + work)
        .run();
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new Peer(
        "java/" + mainClass.substring(mainClass.lastIndexOf('.') + 1),
        List.of(java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", work + "/*", mainClass),
        Map.of());
  }

  /**
   * The application in {@code src/peers/spring-boot}, on this version of Spring Boot and on the
   * class path of this module.
   */
  public static Peer springBoot(String version) {
    Path source = Build.SOURCES.resolve("spring-boot");
    Path work = Build.WORK.resolve("spring-boot-" + version);
    String ours =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    // Spring's jars first: it decides on the logging library.
    String libraries = work.resolve("lib") + "/*" + File.pathSeparator + ours;
    Path home = Path.of(System.getProperty("java.home"), "bin");
    Build.of("spring-boot/" + version)
        .needs("mvn", "apt-get install maven")
        .from(source)
        .step(
            work,
            "mvn",
            "-q",
            "-B",
            "-Dmaven.repo.local=" + Protos.property("local.repository"),
            "-f",
            source.resolve("pom.xml").toString(),
            "org.apache.maven.plugins:maven-dependency-plugin:3.11.0:copy-dependencies",
            "-Dspring-boot.version=" + version,
            "-DoutputDirectory=" + work.resolve("lib"))
        .step(
            work,
            home.resolve("javac").toString(),
            "-proc:none",
            "-parameters",
            "-cp",
            libraries,
            "-d",
            work.resolve("classes").toString(),
            source.resolve("demo/Application.java").toString())
        .run();
    return new Peer(
        "spring-boot/" + version,
        List.of(
            home.resolve("java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-cp",
            work.resolve("classes") + File.pathSeparator + libraries,
            "demo.Application"),
        Map.of());
  }

  /** A program that the machine has, or not. */
  public static Peer installed(String program, String install) {
    if (!Commands.exists(program)) {
      throw ToolAssumption.skip(program, install);
    }
    return new Peer(program, List.of(program), Map.of("ETCDCTL_API", "3"));
  }
}
