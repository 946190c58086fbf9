/* A peer for the bench: checks one signed message as libcrypto does, again and again in one process.
 *
 *   libcrypto MESSAGE ANCHORS TIME      a number on stdin: check so often, answer with the nanoseconds of CPU time
 *
 * Each check starts from the bytes: MIME is read, the digest taken, the path built to the anchors (PEM) and judged at
 * TIME. The anchors are read once. Any check that does not end well ends the program. */
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static void fail(const char *what) {
    fprintf(stderr, "libcrypto: %s\n", what);
    ERR_print_errors_fp(stderr);
    exit(1);
}

static char *read_file(const char *path, long *len) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) || (*len = ftell(file)) < 0) fail(path);
    rewind(file);
    char *bytes = malloc(*len + 1);
    if (!bytes || fread(bytes, 1, *len, file) != (size_t)*len) fail(path);
    fclose(file);
    return bytes;
}

static X509_STORE *read_anchors(const char *path, time_t time) {
    X509_STORE *store = X509_STORE_new();
    BIO *file = BIO_new_file(path, "r");
    if (!store || !file) fail(path);
    int known = 0;
    for (X509 *anchor; (anchor = PEM_read_bio_X509(file, NULL, NULL, NULL)); known++) {
        X509_STORE_add_cert(store, anchor);
        X509_free(anchor);
    }
    if (!known) fail(path);
    ERR_clear_error();
    BIO_free(file);
    X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);
    X509_VERIFY_PARAM_set_time(param, time);
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SMIME_SIGN);
    return store;
}

static void check(const char *message, long len, X509_STORE *store) {
    BIO *content = NULL, *in = BIO_new_mem_buf(message, (int)len);
    CMS_ContentInfo *cms = SMIME_read_CMS(in, &content);
    if (!cms || !content) fail("no signed message");
    if (CMS_verify(cms, NULL, store, content, NULL, 0) != 1) fail("does not verify");
    CMS_ContentInfo_free(cms);
    BIO_free(content);
    BIO_free(in);
}

static long long spent(void) {
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    long long seconds = used.ru_utime.tv_sec + used.ru_stime.tv_sec;
    return seconds * 1000000000LL + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000LL;
}

int main(int count, char **arguments) {
    if (count != 4) fail("MESSAGE ANCHORS TIME");
    long len, times;
    char *message = read_file(arguments[1], &len);
    X509_STORE *store = read_anchors(arguments[2], (time_t)atoll(arguments[3]));
    while (scanf("%ld", &times) == 1) {
        long long start = spent();
        for (long i = 0; i < times; i++) check(message, len, store);
        printf("%lld\n", spent() - start);
        fflush(stdout);
    }
    return 0;
}
