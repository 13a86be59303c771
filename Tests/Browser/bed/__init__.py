"""What the tests of the pages stand on: a broker, a server, a proxy that can be cut, and a browser that reports what goes wrong."""
