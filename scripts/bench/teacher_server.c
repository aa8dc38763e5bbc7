// A server of chat completions on loopback for scripts/bench/teacher and scripts/bench/teacher_soak: one thread,
// epoll, no JSON library, so that it is never the slow side.
//
//   teacher_server serve [FAULTS [MILLISECONDS]]  prints its port and serves until it is killed. FAULTS percent of the
//                                    requests go wrong, in eight ways by turns. The others wait MILLISECONDS.
//   teacher_server load PORT REQUESTS CONCURRENCY    asks such a server and prints requests a second: its ceiling.
//
// GET /stats answers how many requests came, how many good replies were sent whole, how many questions they were
// for ("row N" in the body), and how many questions got more than one good reply.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 4096, MOST_BYTES = 1 << 18, MOST_ROWS = 1 << 20 };

typedef struct {
    char *bytes;
    int count;
    double due;      // when the answer is to be sent; 0 if none is
    int question;    // of the answer that is due
} Connection;

static Connection connections[MOST_CONNECTIONS];
static unsigned char replies[MOST_ROWS];
static long requests, good, repeated, distinct;
static int faults;
static double pause_seconds;
static unsigned long long random_state = 88172645463325252ull;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static unsigned random_number(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (unsigned)(random_state >> 32);
}

static void send_all(int socket, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(socket, bytes, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) continue;
        if (sent <= 0) return;
        bytes += sent;
        count -= (size_t)sent;
    }
}

static void answer(int socket, int status, const char *fields, const char *body, size_t length, size_t shown) {
    char text[4096];
    int head = snprintf(text, sizeof text,
                        "HTTP/1.1 %d S\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n", status,
                        length, fields);
    memcpy(text + head, body, shown);
    send_all(socket, text, (size_t)head + shown);
}

// False if the connection ends here.
static int respond(int socket, int question) {
    char body[2048];
    const char *finish = "stop";
    int fault = faults > 0 && (int)(random_number() % 100) < faults ? 1 + (int)(random_number() % 8) : 0;
    switch (fault) {
    case 1: {
        const char *error = "{\"error\":{\"message\":\"slow down\",\"type\":\"rate_limit\"}}";
        answer(socket, 429, "Retry-After-Ms: 5\r\n", error, strlen(error), strlen(error));
        return 1;
    }
    case 2: answer(socket, 500, "Retry-After-Ms: 5\r\n", "{\"error\":\"oops\"}", 16, 16); return 1;
    case 3: answer(socket, 503, "Retry-After-Ms: 5\r\n", "busy", 4, 4); return 1;
    case 4: return 0;  // silence, then the end
    case 5: answer(socket, 200, "", "{\"choices\":[{\"mess", 300, 18); return 0;  // the connection breaks
    case 6: answer(socket, 200, "", "<html>login</html>", 18, 18); return 1;
    case 7: answer(socket, 200, "", "{\"choices\":[{\"mess", 18, 18); return 1;  // half a JSON
    case 8: finish = "length"; break;
    default: break;
    }
    int length = snprintf(body, sizeof body,
                          "{\"id\":\"chatcmpl-%d\",\"object\":\"chat.completion\",\"created\":1700000000,"
                          "\"model\":\"tiny-2024\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                          "\"content\":\"This is the answer to row %d, about as long as a summary of a news article "
                          "is: three sentences of some fifteen words each. The second one follows here and says a "
                          "little more about it. The third one ends the answer, and with it the reply.\"},"
                          "\"logprobs\":null,\"finish_reason\":\"%s\"}],\"usage\":{\"prompt_tokens\":120,"
                          "\"completion_tokens\":58,\"total_tokens\":178},\"system_fingerprint\":\"fp_1\"}",
                          question, question, finish);
    answer(socket, 200, "", body, (size_t)length, (size_t)length);
    if (fault == 0 && question >= 0 && question < MOST_ROWS) {
        good++;
        if (replies[question] == 0) distinct++;
        if (replies[question] == 1) repeated++;
        if (replies[question] < 2) replies[question]++;
    }
    return 1;
}

static void end(int socket) {
    close(socket);
    connections[socket].count = 0;
    connections[socket].due = 0;
}

// Answers the request that a connection holds, if it is whole.
static void serve(int socket) {
    Connection *connection = &connections[socket];
    connection->bytes[connection->count] = 0;
    char *head_end = strstr(connection->bytes, "\r\n\r\n");
    if (head_end == NULL) return;
    if (strncmp(connection->bytes, "GET /stats", 10) == 0) {
        char body[256];
        int length = snprintf(body, sizeof body, "{\"requests\":%ld,\"good\":%ld,\"rows\":%ld,\"repeated\":%ld}\n",
                              requests, good, distinct, repeated);
        answer(socket, 200, "", body, (size_t)length, (size_t)length);
        connection->count = 0;
        return;
    }
    char *field = strcasestr(connection->bytes, "\r\ncontent-length:");
    long body = field != NULL && field < head_end ? atol(field + 17) : 0;
    if (connection->count < head_end + 4 - connection->bytes + body) return;
    char *row = strstr(head_end, "row ");
    connection->count = 0;
    connection->question = row != NULL ? atoi(row + 4) : -1;
    requests++;
    if (pause_seconds > 0) {
        connection->due = now() + pause_seconds;
    } else if (!respond(socket, connection->question)) {
        end(socket);
    }
}

static int listen_anywhere(int *port) {
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 1024) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0) {
        perror("teacher_server");
        exit(1);
    }
    *port = ntohs(address.sin_port);
    return listener;
}

static void run_server(void) {
    int port, on = 1;
    int listener = listen_anywhere(&port);
    int events = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, ready[256];
    epoll_ctl(events, EPOLL_CTL_ADD, listener, &event);
    printf("%d\n", port);
    fflush(stdout);
    for (;;) {
        int count = epoll_wait(events, ready, 256, pause_seconds > 0 ? 1 : -1);
        for (int i = 0; i < count; i++) {
            int socket = ready[i].data.fd;
            if (socket == listener) {
                int connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
                if (connection < 0) continue;
                if (connection >= MOST_CONNECTIONS) {
                    close(connection);
                    continue;
                }
                setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
                if (connections[connection].bytes == NULL) connections[connection].bytes = malloc(MOST_BYTES + 1);
                connections[connection].count = 0;
                event = (struct epoll_event){.events = EPOLLIN, .data.fd = connection};
                epoll_ctl(events, EPOLL_CTL_ADD, connection, &event);
                continue;
            }
            Connection *connection = &connections[socket];
            ssize_t got = recv(socket, connection->bytes + connection->count,
                               (size_t)(MOST_BYTES - connection->count), 0);
            if (got <= 0) {
                end(socket);
                continue;
            }
            connection->count += (int)got;
            serve(socket);
        }
        if (pause_seconds <= 0) continue;
        double time = now();
        for (int socket = 0; socket < MOST_CONNECTIONS; socket++) {
            if (connections[socket].due == 0 || connections[socket].due > time) continue;
            connections[socket].due = 0;
            if (!respond(socket, connections[socket].question)) end(socket);
        }
    }
}

// Keeps so many connections busy with one fixed request each, and reads no more of an answer than its end.
static void run_load(int port, long total, int concurrency) {
    const char *body = "{\"model\":\"tiny\",\"messages\":[{\"role\":\"user\",\"content\":\"Summarise row 1\"}]}";
    char request[1024], buffer[65536];
    int length = snprintf(request, sizeof request,
                          "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n%s",
                          strlen(body), body);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((unsigned short)port)};
    int events = epoll_create1(0), on = 1;
    long sent = 0, done = 0;
    double start = now();
    for (int i = 0; i < concurrency; i++) {
        int connection = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
            perror("connect");
            exit(1);
        }
        setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN, .data.fd = connection};
        epoll_ctl(events, EPOLL_CTL_ADD, connection, &event);
        send_all(connection, request, (size_t)length);
        sent++;
    }
    struct epoll_event ready[256];
    while (done < total) {
        int count = epoll_wait(events, ready, 256, -1);
        for (int i = 0; i < count; i++) {
            // An answer is one packet of under 2 KB on loopback.
            if (recv(ready[i].data.fd, buffer, sizeof buffer, 0) <= 0) exit(1);
            done++;
            if (sent < total) {
                send_all(ready[i].data.fd, request, (size_t)length);
                sent++;
            }
        }
    }
    printf("%.0f\n", (double)total / (now() - start));
}

int main(int count, char **arguments) {
    if (count >= 2 && strcmp(arguments[1], "serve") == 0) {
        faults = count > 2 ? atoi(arguments[2]) : 0;
        pause_seconds = count > 3 ? atof(arguments[3]) / 1000 : 0;
        run_server();
    } else if (count == 5 && strcmp(arguments[1], "load") == 0) {
        run_load(atoi(arguments[2]), atol(arguments[3]), atoi(arguments[4]));
    } else {
        fprintf(stderr, "usage: teacher_server serve [FAULTS [MILLISECONDS]] | load PORT REQUESTS CONCURRENCY\n");
        return 2;
    }
    return 0;
}
