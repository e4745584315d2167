/**
 * One Neo4j server for tests: Bolt on a loopback port, no authentication, data in the folder given. Prints READY when it
 * answers and lives as long as its standard input, so that it never outlives the process that started it.
 */
import java.nio.file.Path;
import org.neo4j.configuration.GraphDatabaseSettings;
import org.neo4j.configuration.connectors.BoltConnector;
import org.neo4j.configuration.connectors.HttpConnector;
import org.neo4j.configuration.connectors.HttpsConnector;
import org.neo4j.configuration.helpers.SocketAddress;
import org.neo4j.dbms.api.DatabaseManagementServiceBuilder;
import org.neo4j.io.ByteUnit;

public class Start {
  public static void main(String[] arguments) throws Exception {
    if (arguments.length != 2) {
      System.err.println("Usage: java -cp 'lib/*' Start.java DIR PORT");
      System.exit(2);
    }
    new DatabaseManagementServiceBuilder(Path.of(arguments[0]))
        .setConfig(BoltConnector.enabled, true)
        .setConfig(BoltConnector.listen_address, new SocketAddress("127.0.0.1", Integer.parseInt(arguments[1])))
        .setConfig(HttpConnector.enabled, false)
        .setConfig(HttpsConnector.enabled, false)
        .setConfig(GraphDatabaseSettings.auth_enabled, false)
        .setConfig(GraphDatabaseSettings.pagecache_memory, ByteUnit.mebiBytes(32))
        .setConfig(GraphDatabaseSettings.keep_logical_logs, "false")
        .build();
    System.out.println("READY");
    while (System.in.read() != -1) {
      // Nothing is said here: only the end of the input matters.
    }
    // Without an orderly shutdown, which takes ten seconds: the data is thrown away anyway.
    Runtime.getRuntime().halt(0);
  }
}
