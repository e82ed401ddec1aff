"""The end: SIGTERM with clients here, requests under way, and a socket that outlives the daemon."""


def test_sigterm_ends_well_with_many_idle_clients(start_daemon, world):
    daemon = start_daemon()
    clients = [daemon.client(world.token["ada"]) for _ in range(8)]
    daemon.stop()  # fails if anything of them was left in memory
    for client in clients:
        client.close()
