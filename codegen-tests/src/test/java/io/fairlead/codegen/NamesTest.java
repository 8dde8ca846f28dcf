package io.fairlead.codegen;

import static org.assertj.core.api.Assertions.assertThat;

import io.fairlead.contract.MethodContract;
import io.fairlead.contract.ServiceContract;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every name that a contract may hold, compiled together with what protoc writes for it. */
class NamesTest {
  private static final String HEAD =
      "syntax = \"proto3\"; package shop.v1; message Q {} message R {} ";

  @TempDir Path folder;

  private Project.Compiled compile(String text) {
    return Project.of(folder, text).compile();
  }

  @Test
  void packageIsTheJavaPackage() {
    Project.Compiled code =
        compile(
            HEAD + "option java_package = \"com.example\"; service S { rpc A(Q) returns (R); }");
    assertThat(code.file("com/example/S.java")).contains("package com.example;");
    assertThat(code.file("com/example/SRpc.java")).contains("SERVICE_NAME = \"shop.v1.S\"");
  }

  @Test
  void packageIsTheProtoPackageWithoutJavaPackage() {
    assertThat(compile(HEAD + "service S { rpc A(Q) returns (R); }").files())
        .containsKey("shop/v1/S.java");
  }

  @Test
  void anEmptyJavaPackageIsTheDefaultPackage() {
    Project.Compiled code =
        compile(HEAD + "option java_package = \"\"; service S { rpc A(Q) returns (R); }");
    assertThat(code.file("S.java")).doesNotContain("package ");
    assertThat(code.files()).containsKey("shop/v1/S.service_config.json");
  }

  @Test
  void typesInTheDefaultPackageAreOutOfReach() {
    Project project =
        new Project(folder)
            .file("bare.proto", "syntax = \"proto3\"; message Bare {}")
            .file(
                "test.proto",
                """
                syntax = "proto3";
                package shop;
                import "bare.proto";
                service S {
                  rpc A(Bare) returns (Bare);
                }
                """);
    assertThat(project.mistakes())
        .containsExactly(
            "test.proto:5:9: rpc S.A: the message Bare is in Java's default package, which code in"
                + " the package shop cannot reach; set option java_package in bare.proto",
            "test.proto:5:24: rpc S.A: the message Bare is in Java's default package, which code in"
                + " the package shop cannot reach; set option java_package in bare.proto");
  }

  @Test
  void servicesAreTopLevelWhateverTheFileSaysOfNesting() {
    for (boolean multiple : new boolean[] {true, false}) {
      Project.Compiled code =
          Project.of(
                  folder.resolve("multiple-" + multiple),
                  HEAD
                      + "option java_multiple_files = "
                      + multiple
                      + "; service S { rpc A(Q) returns (R); }")
              .compile();
      assertThat(code.files())
          .containsKeys("shop/v1/S.java", "shop/v1/SAsync.java", "shop/v1/SRpc.java");
    }
  }

  @Test
  void nestInFileClassOfEdition2024IsFollowed() {
    Project.Compiled code =
        compile(
            """
            edition = "2024";
            package shop.v1;
            import "google/protobuf/java_features.proto";
            message Nested { option features.(pb.java).nest_in_file_class = YES; }
            message Free {}
            service S { rpc A(Nested) returns (Free); }
            """);
    assertThat(code.file("shop/v1/S.java")).contains("import shop.v1.TestProto.Nested;");
  }

  @Test
  void methodNamesAreLowerCamelCase() {
    String s =
        compile(
                HEAD
                    + """
                    service S {
                      rpc GetThing(Q) returns (R);
                      rpc get_other_thing(Q) returns (R);
                      rpc URLFetch(Q) returns (R);
                      rpc FetchURL(Q) returns (R);
                      rpc V2(Q) returns (R);
                      rpc _1(Q) returns (R);
                      rpc lower(Q) returns (R);
                    }
                    """)
            .file("shop/v1/S.java");
    assertThat(s)
        .contains(
            " getThing(", " getOtherThing(", " urlFetch(", " fetchURL(", " v2(", " _1(", " lower(");
  }

  @Test
  void keywordsGetAnUnderscoreAndKeepTheirWireName() throws Exception {
    Project.Compiled code =
        compile(
            HEAD
                + """
                service S {
                  rpc Import(Q) returns (R);
                  rpc Null(Q) returns (R);
                  rpc True(stream Q) returns (R);
                  rpc _(Q) returns (stream R);
                  rpc Class(stream Q) returns (stream R);
                  rpc GetChannel(stream Q) returns (R);
                }
                """);
    assertThat(code.file("shop/v1/S.java"))
        .contains(" import_(", " null_(", " true_(", " __(", " class_(", " getChannel(");
    MethodContract<?, ?> contract =
        (MethodContract<?, ?>) code.load("shop.v1.SRpc").getField("NULL").get(null);
    assertThat(contract.fullName()).isEqualTo("shop.v1.S/Null");
  }

  @Test
  void methodsOfObjectAreNotOverloaded() {
    assertThat(
            compile(
                    HEAD
                        + """
                        service S {
                          rpc GetClass(Q) returns (R);
                          rpc Wait(stream Q) returns (R);
                          rpc Notify(Q) returns (stream R);
                          rpc NotifyAll(Q) returns (R);
                          rpc HashCode(Q) returns (R);
                          rpc ToString(Q) returns (R);
                          rpc Clone(Q) returns (R);
                          rpc Finalize(Q) returns (R);
                          rpc Equals(Q) returns (R);
                        }
                        """)
                .file("shop/v1/S.java"))
        .contains(
            " getClass_(",
            " wait_(",
            " notify_(",
            " notifyAll_(",
            " hashCode_(",
            " toString_(",
            " clone_(",
            " finalize_(",
            " equals_(");
  }

  @Test
  void rpcsMayBeCalledLikeOurOwnMembers() {
    compile(
        HEAD
            + """
            service S {
              rpc Client(Q) returns (R);
              rpc AsyncClient(Q) returns (R);
              rpc Bind(Q) returns (R);
              rpc BindAsync(stream Q) returns (stream R);
              rpc Service(Q) returns (R);
              rpc ServiceName(Q) returns (R);
              rpc SERVICE_NAME_Q(Q) returns (R);
              rpc ServiceConfigJson(Q) returns (R);
              rpc Calls(Q) returns (R);
              rpc Build(Q) returns (R);
              rpc Unimplemented(Q) returns (R);
            }
            """);
  }

  @Test
  void rpcsThatBecomeOneMethodAreRefused() {
    assertThat(
            Project.of(
                    folder,
                    """
                    syntax = "proto3"; package shop; message Q {}
                    service S {
                      rpc get_foo(Q) returns (Q);
                      rpc GetFoo(Q) returns (Q);
                      rpc GetFOO(Q) returns (Q);
                    }
                    """)
                .mistakes())
        .containsExactly(
            "test.proto:4:7: rpc get_foo and rpc GetFoo of service S both become the Java method"
                + " getFoo; rename one",
            "test.proto:5:7: rpc get_foo and rpc GetFOO of service S both become the Java constant"
                + " GET_FOO; rename one");
  }

  @Test
  void aMessageThatIsCalledLikeOneOfOurTypesIsRefused() {
    assertThat(
            Project.of(
                    folder,
                    """
                    syntax = "proto3"; package shop; option java_multiple_files = true;
                    message InventoryAsync {}
                    enum InventoryRpc { ZERO = 0; }
                    service Inventory {
                      rpc A(InventoryAsync) returns (InventoryAsync);
                    }
                    """)
                .mistakes())
        .containsExactly(
            "test.proto:4:9: service shop.Inventory would write the Java type shop.InventoryAsync,"
                + " which the message shop.InventoryAsync already is; rename one, give them"
                + " different java_package options, or give the service another Java name with the"
                + " parameter java_name=shop.Inventory=InventoryService",
            "test.proto:4:9: service shop.Inventory would write the Java type shop.InventoryRpc,"
                + " which the enum shop.InventoryRpc already is; rename one, give them different"
                + " java_package options, or give the service another Java name with the parameter"
                + " java_name=shop.Inventory=InventoryService");
  }

  @Test
  void aServiceThatIsCalledLikeATypeOfAnotherIsRefused() {
    assertThat(
            Project.of(
                    folder,
                    HEAD
                        + """

                        service Inventory { rpc A(Q) returns (R); }
                        service InventoryAsync { rpc A(Q) returns (R); }
                        """)
                .mistakes())
        .containsExactly(
            "test.proto:3:9: services shop.v1.Inventory (test.proto:2:9) and shop.v1.InventoryAsync"
                + " would both write the Java type shop.v1.InventoryAsync (letter case does not"
                + " count); rename one, give them different java_package options, or give the service"
                + " another Java name with the parameter"
                + " java_name=shop.v1.InventoryAsync=InventoryAsyncService");
  }

  @Test
  void twoFilesWithOneJavaPackageAndOneServiceNameAreRefused() {
    String text =
        "syntax = \"proto3\"; package %s; option java_package = \"com.shop\"; message %s {} service"
            + " S { rpc Go(%s) returns (%s); }";
    Project project =
        new Project(folder)
            .file("a.proto", text.formatted("a", "A", "A", "A"))
            .file("b.proto", text.formatted("b", "B", "B", "B"));
    assertThat(project.mistakes())
        .singleElement()
        .asString()
        .startsWith("b.proto:1:")
        .contains("services a.S (a.proto:1:", "and b.S would both write the Java type com.shop.S");
  }

  @Test
  void aServiceThatDiffersByCaseAloneFromProtocsOuterClassIsAWarning() {
    Project project =
        new Project(folder)
            .file("orderservice.proto", HEAD + "service OrderService { rpc A(Q) returns (R); }");
    assertThat(project.warnings(""))
        .containsExactly(
            "orderservice.proto:1:71: warning: service shop.v1.OrderService writes the Java type"
                + " shop.v1.OrderService beside Orderservice, which the Java class of"
                + " orderservice.proto is: where letter case does not count, as on most disks of"
                + " macOS and Windows, they are one file; set option"
                + " java_outer_classname in orderservice.proto, or give the service another Java"
                + " name with the parameter java_name=shop.v1.OrderService=OrderServiceApi");
  }

  @Test
  void servicesThatDifferByCaseAloneAreRefused() {
    assertThat(
            Project.of(
                    folder,
                    HEAD
                        + "service Stock { rpc A(Q) returns (R); } service STOCK { rpc A(Q) returns"
                        + " (R); }")
                .mistakes())
        .singleElement()
        .asString()
        .contains(
            "shop.v1.Stock",
            "shop.v1.STOCK",
            "letter case does not count",
            "java_name=shop.v1.STOCK=");
  }

  @Test
  void aClassOfJavaGenericServicesIsRefused() {
    assertThat(
            Project.of(
                    folder,
                    HEAD
                        + "option java_multiple_files = true; option java_generic_services = true;"
                        + " service S { rpc A(Q) returns (R); }")
                .mistakes())
        .singleElement()
        .asString()
        .contains("which the class that java_generic_services writes for shop.v1.S already is");
  }

  @Test
  void keywordsInJavaPackagesAreRefused() {
    assertThat(
            Project.of(
                    folder,
                    """
                    syntax = "proto3"; package shop.default.v1; message Q {}
                    service S { rpc A(Q) returns (Q); }
                    """)
                .mistakes())
        .containsExactly(
            "test.proto:2:9: service S: Java cannot spell the package shop.default.v1, because of"
                + " \"default\"; set option java_package in test.proto");
  }

  @Test
  void messagesMayBeCalledLikeTypesThatTheCodeNeeds() {
    String[] names = {
      "String",
      "Object",
      "Override",
      "Deprecated",
      "SuppressWarnings",
      "Source",
      "Channel",
      "Flow",
      "CompletionStage",
      "CallContext",
      "MethodContract",
      "ServiceContract",
      "ServiceBinding",
      "ClientCalls",
      "AsyncClientCalls",
      "Function",
      "Generated",
      "NullMarked",
      "MethodPolicy",
      "RetryPolicy",
      "Client",
      "AsyncClient",
      "Part1",
      "Record",
      "Priority",
      "RuntimeApi"
    };
    StringBuilder text =
        new StringBuilder(
            """
            syntax = "proto3"; package shop.v1; option java_multiple_files = true;
            import "fairlead/options.proto";
            """);
    for (String name : names) {
      text.append("message ").append(name).append(" {}\n");
    }
    text.append(
        "service S { option deprecated = true; option (fairlead.service) = { deadline: \"1s\""
            + " priority: HIGH retry: {} };\n");
    for (String name : names) {
      text.append(
          "rpc Use%1$s(%1$s) returns (stream %1$s) { option idempotency_level = IDEMPOTENT; }\n"
              .formatted(name));
    }
    Project.Compiled code = compile(text.append("}").toString());
    assertThat(code.file("shop/v1/S.java"))
        .contains("Source<shop.v1.Source> useSource(shop.v1.Source request)");
  }

  @Test
  void theSameNamesInsideTheFileClass() {
    compile(
        HEAD
            + """
            message String {} message Source {} message Channel {} message Flow {} message Function {} message Override {}
            service S { rpc A(String) returns (stream Source); rpc B(stream Channel) returns (Flow); rpc C(Function) returns (Override); }
            """);
  }

  @Test
  void messagesMayBeCalledLikePackages() {
    Project.Compiled code =
        compile(
            """
            syntax = "proto3"; package shop.v1; option java_multiple_files = true;
            message io {} message org {} message javax {} message other {}
            service S { rpc A(io) returns (stream org); rpc B(stream org) returns (javax); rpc C(other) returns (other); }
            """);
    assertThat(code.file("shop/v1/S.java")).contains("default Source<org> a(io request)");
  }

  @Test
  void namesThatHideEachOtherAreRefused() {
    assertThat(
            Project.of(
                    folder,
                    """
                    syntax = "proto3"; package shop.v1; option java_multiple_files = true;
                    message io {} message shop {} message Source {}
                    service S { rpc A(Source) returns (stream Source); }
                    """)
                .mistakes())
        .singleElement()
        .asString()
        .startsWith("test.proto:3:9: ")
        .contains("other names hide it");
  }

  @Test
  void packagesMayBeCalledLikeOurVariables() {
    Project project = new Project(folder);
    String[] names = {"request", "requests", "handler", "channel", "call", "calls", "binding"};
    for (String name : names) {
      project
          .file(
              name + "/types.proto",
              "syntax = \"proto3\"; package "
                  + name
                  + ".v1; option java_multiple_files = true;"
                  + " message Source { string key = 1; Source in = 2; } message Channel {}")
          .file(
              "of_" + name + ".proto",
              """
              syntax = "proto3"; package shop; option java_multiple_files = true;
              import "fairlead/options.proto"; import "%1$s/types.proto";
              service Of_%1$s {
                rpc A(%1$s.v1.Source) returns (stream %1$s.v1.Channel) {
                  option (fairlead.method) = { balancer: MAGLEV hash_key: "in.key" };
                }
                rpc B(stream %1$s.v1.Channel) returns (%1$s.v1.Source);
                rpc C(stream %1$s.v1.Channel) returns (stream %1$s.v1.Source);
              }
              """
                  .formatted(name));
    }
    Project.Compiled code = project.compile();
    for (String name : names) {
      assertThat(code.exists("shop.Of_" + name + "Rpc")).as(name).isTrue();
    }
  }

  @Test
  void messagesMayBeCalledLikeConstantsAndVariables() {
    compile(
        """
        syntax = "proto3"; package shop; option java_multiple_files = true;
        message GET {} message SERVICE_NAME {} message request {} message handler {} message calls {}
        service S { rpc Get(GET) returns (SERVICE_NAME); rpc B(stream request) returns (handler); rpc C(calls) returns (stream request); }
        """);
  }

  @Test
  void servicesMayBeCalledLikeTypesThatTheCodeNeeds() {
    String[] names = {
      "Source",
      "Channel",
      "Client",
      "AsyncClient",
      "String",
      "Override",
      "Object",
      "Function",
      "Flow",
      "CompletionStage",
      "CallContext",
      "Service",
      "Record",
      "io",
      "java",
      "call",
      "handler",
      "Generated"
    };
    // Each in a package of its own, and all in one compilation.
    Project project = new Project(folder);
    for (int i = 0; i < names.length; i++) {
      project.file(
          "n" + i + ".proto",
          """
          syntax = "proto3"; package shop.n%d; message Q {} message R {}
          service %s {
            rpc A(Q) returns (stream R);
            rpc B(stream Q) returns (R);
            rpc C(Q) returns (R);
          }
          """
              .formatted(i, names[i]));
    }
    Project.Compiled code = project.compile();
    for (int i = 0; i < names.length; i++) {
      assertThat(code.exists("shop.n" + i + "." + names[i])).as(names[i]).isTrue();
    }
  }

  @Test
  void aServiceMayBeCalledLikeAKeyword() {
    Project.Compiled code =
        compile(
            HEAD
                + "service class { rpc A(Q) returns (R); } service record { rpc A(Q) returns (R);"
                + " }");
    assertThat(code.files()).containsKeys("shop/v1/class_.java", "shop/v1/record_Rpc.java");
  }

  @Test
  void importPublicNamesTheFileThatDefinesTheType() {
    Project.Compiled code =
        new Project(folder)
            .file("defines.proto", "syntax = \"proto3\"; package deep; message M {}")
            .file(
                "forwards.proto",
                "syntax = \"proto3\"; package mid; import public \"defines.proto\";")
            .file(
                "test.proto",
                "syntax = \"proto3\"; package shop; import \"forwards.proto\"; service S { rpc"
                    + " A(deep.M) returns (deep.M); }")
            .compile();
    assertThat(code.file("shop/S.java")).contains("import deep.Defines.M;");
  }

  @Test
  void groupsAreOrdinaryNestedTypes() {
    compile(
        """
        syntax = "proto2"; package shop;
        message Q { optional group Line = 1 { optional string sku = 1; } }
        service S { rpc A(Q.Line) returns (stream Q.Line); }
        """);
  }

  @Test
  void nestedMessagesAreNamedThroughTheirOuterOne() {
    String s =
        compile(
                """
                syntax = "proto3"; package shop; option java_multiple_files = true;
                message Outer { message Inner { message Source {} } }
                service S { rpc A(Outer.Inner) returns (stream Outer.Inner.Source); }
                """)
            .file("shop/S.java");
    assertThat(s).contains("Source<Outer.Inner.Source> a(Outer.Inner request)");
  }

  @Test
  void aServiceWithoutMethodsIsLegal() throws Exception {
    Project.Compiled code = compile("syntax = \"proto3\"; package shop; service S {}");
    ServiceContract contract =
        (ServiceContract) code.load("shop.SRpc").getMethod("service").invoke(null);
    assertThat(contract.methods()).isEmpty();
  }

  @Test
  void aFileWithoutServicesYieldsNothing() {
    assertThat(Project.of(folder, HEAD).files()).isEmpty();
  }

  @Test
  void deprecatedFilesServicesMethodsAndMessagesCompileWithoutWarnings() {
    String method =
        "service S { rpc A(Q) returns (R) { option deprecated = true; } rpc B(stream Q) returns"
            + " (stream R); }";
    Project.Compiled code = Project.of(folder.resolve("method"), HEAD + method).compile();
    assertThat(code.file("shop/v1/S.java")).contains("  @Deprecated\n  default R a(Q request)");
    code =
        Project.of(
                folder.resolve("service"),
                HEAD
                    + "service S { option deprecated = true; rpc A(Q) returns (R); rpc B(stream Q)"
                    + " returns (stream R); }")
            .compile();
    assertThat(code.file("shop/v1/SRpc.java"))
        .contains("@Deprecated\n@SuppressWarnings(\"deprecation\")\npublic final class SRpc");
    code =
        Project.of(
                folder.resolve("file"),
                HEAD + "option deprecated = true; service S { rpc A(Q) returns (R); }")
            .compile();
    assertThat(code.file("shop/v1/SAsync.java")).contains("@Deprecated\n");
    code =
        Project.of(
                folder.resolve("message"),
                "syntax = \"proto3\"; package shop; import \"fairlead/options.proto\"; message Q {"
                    + " option deprecated = true; string k = 1 [deprecated = true]; message In {} }"
                    + " message R { string k = 1 [deprecated = true]; } service S { rpc A(Q)"
                    + " returns (Q.In) { option (fairlead.method) = { balancer: MAGLEV hash_key:"
                    + " \"k\" }; } } service T { rpc A(R) returns (R) { option (fairlead.method) ="
                    + " { balancer: MAGLEV hash_key: \"k\" }; } }")
            .compile();
    assertThat(code.file("shop/S.java"))
        .contains("@SuppressWarnings(\"deprecation\")")
        .doesNotContain("@Deprecated");
  }

  @Test
  void codeNeedsNoClassOfOtherGenerators() {
    assertThat(compile(HEAD + "service S { rpc A(Q) returns (R); }").file("shop/v1/SRpc.java"))
        .doesNotContain("SGrpc")
        .doesNotContain("io.grpc.stub");
  }

  private static final String SERVICE_BESIDE_POINTS =
      """
      syntax = "proto3"; package shop; import "points.proto";
      service Points { rpc A(Q) returns (Q); }
      """;

  private Project besidePoints(String options) {
    return new Project(folder)
        .file("points.proto", "syntax = \"proto3\"; package shop;\n" + options + "message Q {}")
        .file("service.proto", SERVICE_BESIDE_POINTS);
  }

  @Test
  void aCollisionWithProtocsClassNamesBothWaysOut() {
    assertThat(besidePoints("").mistakes())
        .containsExactly(
            "service.proto:2:9: service shop.Points would write the Java type shop.Points, which the"
                + " Java class of points.proto already is; set option java_outer_classname in"
                + " points.proto, or give the service another Java name with the parameter"
                + " java_name=shop.Points=PointsService");
    assertThat(besidePoints("option java_outer_classname = \"PointsAsync\";").mistakes())
        .singleElement()
        .asString()
        .contains(
            "the Java class of points.proto already is; change option java_outer_classname at"
                + " points.proto:2:1, or give");
  }

  @Test
  void aContractOfOthersThatCollidesCompilesUnderAnotherJavaName() throws Exception {
    Project.Compiled code = besidePoints("").compile("java_name=shop.Points=Locations");
    assertThat(code.files())
        .containsOnlyKeys(
            "shop/Locations.java",
            "shop/LocationsAsync.java",
            "shop/LocationsRpc.java",
            "shop/Points.service_config.json");
    assertThat(code.load("shop.LocationsRpc").getField("SERVICE_NAME").get(null))
        .isEqualTo("shop.Points");
  }

  @Test
  void aSuffixIsForEveryServiceWithoutANameOfItsOwn() {
    Project project =
        Project.of(
            folder,
            HEAD + "service A { rpc A(Q) returns (R); } service record { rpc A(Q) returns (R); }");
    assertThat(project.compile("java_suffix=Api,java_name=A=Alpha").files().keySet())
        .contains("shop/v1/Alpha.java", "shop/v1/AlphaRpc.java", "shop/v1/recordApi.java");
  }

  @Test
  void servicesThatDifferByCaseAloneCompileUnderOtherNames() {
    Project project =
        Project.of(
            folder,
            HEAD
                + "service Stock { rpc A(Q) returns (R); } service STOCK { rpc A(Q) returns (R); }");
    project.compile("java_name=shop.v1.STOCK=Stocks");
  }

  @Test
  void aNameThatJavaCannotSpellIsRefused() {
    for (String bad :
        new String[] {
          "java_name=S=class", "java_name=S=a.B", "java_name=S=", "java_name=B", "java_name==B"
        }) {
      assertThat(Generator.run(Project.of(folder, HEAD).request(bad)).getError())
          .isEqualTo(
              "parameter %s: write a service and the name of its Java type, like java_name=shop.v1.Points=PointsService"
                  .formatted(bad));
    }
    assertThat(Generator.run(Project.of(folder, HEAD).request("java_suffix=-x")).getError())
        .startsWith("parameter java_suffix=-x: write letters");
    assertThat(
            Generator.run(Project.of(folder, HEAD).request("java_name=S=A,java_name=S=B"))
                .getError())
        .isEqualTo("parameter java_name gives the service S two names, A and B; keep one");
  }

  @Test
  void aNameForAServiceThatIsMisspelledIsSaid() {
    Project project = Project.of(folder, HEAD + "service Stock { rpc A(Q) returns (R); }");
    assertThat(project.warnings("java_name=shop.v1.Stok=Stocks"))
        .singleElement()
        .asString()
        .endsWith(
            ": warning: the parameter java_name names the service shop.v1.Stok, which is not here;"
                + " did you mean shop.v1.Stock?");
    assertThat(project.warnings("java_name=bank.v1.Account=Accounts")).isEmpty();
  }

  @Test
  void withoutJavaNothingIsRefusedForItsReasons() throws Exception {
    Project project =
        new Project(folder)
            .file("bare.proto", "syntax = \"proto3\"; message Bare {}")
            .file(
                "stock.proto",
                """
                syntax = "proto3"; package shop.default; import "bare.proto";
                import "fairlead/options.proto";
                option java_outer_classname = "Stock"; option java_package = "java.lang";
                message SAsync { int32 crate = 1; int32 crate_count = 2; }
                service S {
                  rpc get_foo(Bare) returns (Bare);
                  rpc GetFoo(SAsync) returns (Bare) {
                    option (fairlead.method) = { balancer: MAGLEV hash_key: "crate_count" };
                  }
                }
                service s { rpc A(SAsync) returns (SAsync); }
                """);
    assertThat(project.request("java=false").getFileToGenerateCount()).isEqualTo(2);
    var response = Generator.run(project.request("java=false"));
    assertThat(response.getError()).isEmpty();
    assertThat(response.getFileList())
        .extracting(file -> file.getName())
        .containsExactly(
            "shop/default/S.service_config.json", "shop/default/s.service_config.json");
    assertThat(Generator.run(project.request("")).getError()).isNotEmpty();
  }

  @Test
  void aPackageThatIsSetIsChangedAndPointedAt() {
    assertThat(
            Project.of(
                    folder,
                    """
                    syntax = "proto3"; package shop; message Q {}
                    option java_package = "com.default.shop";
                    service S { rpc A(Q) returns (Q); }
                    """)
                .mistakes())
        .containsExactly(
            "test.proto:2:1: service S: Java cannot spell the package com.default.shop, because of"
                + " \"default\"; change option java_package at test.proto:2:1");
  }

  @Test
  void aPackageOfJavaItselfIsRefused() {
    assertThat(
            Project.of(
                    folder,
                    """
                    syntax = "proto3"; package shop; message Q {}
                    option java_package = "java.lang";
                    service S { rpc A(Q) returns (Q); }
                    """)
                .mistakes())
        .containsExactly(
            "test.proto:2:1: service S: the package java.lang belongs to Java itself, which loads no"
                + " other classes there; change option java_package at test.proto:2:1");
  }

  @Test
  void aClassOfJavaGenericServicesIsAWayOutToo() {
    assertThat(
            Project.of(
                    folder,
                    """
                    syntax = "proto3"; package shop; message Q {}
                    option java_multiple_files = true;
                    option java_generic_services = true;
                    service S { rpc A(Q) returns (Q); }
                    """)
                .mistakes())
        .containsExactly(
            "test.proto:4:9: service shop.S would write the Java type shop.S, which the class that"
                + " java_generic_services writes for shop.S already is; remove option"
                + " java_generic_services at test.proto:3:1, or give the service another Java name"
                + " with the parameter java_name=shop.S=SService");
  }
}
